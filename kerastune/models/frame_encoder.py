"""An encoder of speech frame by frame: mel bands and a WaveNet."""

import keras

from kerastune.models.log_mel import LogMel
from kerastune.models.spec_augment import SpecAugment
from kerastune.models.wavenet import wavenet


def frame_encoder(
    sample_rate: int,
    *,
    bands: int = 40,
    hop: float = 0.01,
    hidden_bands: float = 0.0,
    hidden_time: float = 0.0,
    channels: int = 32,
    skip_channels: int = 64,
    stacks: int = 1,
    layers: int = 6,
    dropout: float = 0.0,
    seed: int = 0,
) -> keras.Model:
    """Returns an encoder of speech, from sound to a vector for each frame.

    The network is causal: a frame has the same features whatever comes behind it.

    Args:
        sample_rate: int, samples a second.
        bands: int, mel bands, see `LogMel`. Defaults to 40.
        hop: float, seconds from a frame to the next. Defaults to 0.01.
        hidden_bands: float, as for `SpecAugment`. Defaults to 0.
        hidden_time: float, likewise. Defaults to 0.
        channels: int, as for `wavenet`. Defaults to 32.
        skip_channels: int, likewise. Defaults to 64.
        stacks: int, likewise. Defaults to 1.
        layers: int, likewise. Defaults to 6.
        dropout: float, likewise. Defaults to 0.
        seed: int, for the draws of `SpecAugment`. Defaults to 0.

    Returns:
        An untrained functional model from `{"audio": (batch, samples), "padding_mask": (batch,
        samples)}` to `{"features": (batch, frames, skip_channels), "frame_mask": (batch,
        frames)}`, named `frame_encoder`. The mask is true for what is no padding.

    Raises:
        InputError: if a value is out of its range.

    Reference:
        van den Oord et al., 2016, "WaveNet: A Generative Model for Raw Audio", section 3.4,
        https://arxiv.org/abs/1609.03499

    Example:

    >>> outputs = frame_encoder(8000, channels=4, skip_channels=6).output
    >>> {name: tensor.shape for name, tensor in outputs.items()}
    {'features': (None, None, 6), 'frame_mask': (None, None)}
    """
    audio = keras.Input((None,), dtype="float32", name="audio")
    mask = keras.Input((None,), dtype="bool", name="padding_mask")
    bands_of_frames, frames = mel_frames(
        audio,
        mask,
        sample_rate,
        bands,
        hop,
        hidden_bands=hidden_bands,
        hidden_time=hidden_time,
        seed=seed,
    )
    x = wavenet(
        bands,
        channels=channels,
        skip_channels=skip_channels,
        stacks=stacks,
        layers=layers,
        dropout=dropout,
    )(bands_of_frames)
    x = keras.layers.LayerNormalization(name="feature_norm")(x)
    outputs = {"features": x, "frame_mask": frames}
    return keras.Model({"audio": audio, "padding_mask": mask}, outputs, name="frame_encoder")


def mel_frames(
    audio: keras.KerasTensor,
    mask: keras.KerasTensor,
    sample_rate: int,
    bands: int,
    hop: float = 0.01,
    *,
    hidden_bands: float,
    hidden_time: float,
    seed: int,
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Returns the power in mel bands of each frame, as a network takes it, and which are padding.

    Args:
        audio: symbolic tensor of shape `(batch, samples)`.
        mask: symbolic tensor of that shape, true for what is no padding.
        sample_rate: int, samples a second.
        bands: int, mel bands.
        hop: float, seconds from a frame to the next. Defaults to 0.01.
        hidden_bands: float, as for `SpecAugment`, which is left out where it hides nothing.
        hidden_time: float, likewise.
        seed: int, for its draws.

    Returns:
        Tuple of symbolic tensors of shape `(batch, frames, bands)` and `(batch, frames)`, the
        second true for what is no padding.

    Example:

    >>> sound = keras.Input((None,)), keras.Input((None,), dtype="bool")
    >>> found = mel_frames(*sound, 8000, 40, hidden_bands=0.0, hidden_time=0.0, seed=0)
    >>> [tensor.shape for tensor in found]
    [(None, None, 40), (None, None)]
    """
    log_mel = LogMel(sample_rate, bands, hop=hop, name="log_mel", dtype="float32")
    x, frames = log_mel(audio), log_mel.frame_mask(mask)
    if hidden_bands or hidden_time:
        hiding = SpecAugment(
            hidden_bands, hidden_time, seed=seed, name="spec_augment", dtype="float32"
        )
        x = hiding([x, frames])
    # Of speech they are then about from -1 to 2, as a new network wants it.
    x = keras.layers.Rescaling(1 / 6, offset=-1.0, name="scaling", dtype="float32")(x)
    return x, frames
