"""An encoder of speech: a front end, a WaveNet, and the mean over an utterance."""

import keras

from kerastune.errors import InputError
from kerastune.models.frame_encoder import mel_frames
from kerastune.models.wavenet import wavenet

FRONT_ENDS = ("log_mel", "raw")
"""What the network is given: the power in mel bands of each frame, or the samples themselves."""


def speech_encoder(
    sample_rate: int,
    *,
    front_end: str = "log_mel",
    bands: int = 40,
    hidden_bands: float = 0.0,
    hidden_time: float = 0.0,
    channels: int = 32,
    skip_channels: int = 64,
    stacks: int = 1,
    layers: int = 6,
    dropout: float = 0.0,
    seed: int = 0,
) -> keras.Model:
    """Returns an encoder of whole utterances, from sound to one vector for each.

    The network is causal and the mean is over what is no padding, so an utterance has the same
    features however much silence is put behind it.

    Args:
        sample_rate: int, samples a second.
        front_end: str, `"log_mel"`, see `LogMel`, or `"raw"`. Defaults to `"log_mel"`.
        bands: int, mel bands. Defaults to 40.
        hidden_bands: float, as for `SpecAugment`, of mel bands. Defaults to 0.
        hidden_time: float, likewise. Defaults to 0.
        channels: int, as for `wavenet`. Defaults to 32.
        skip_channels: int, likewise. Defaults to 64.
        stacks: int, likewise. Defaults to 1.
        layers: int, likewise. Defaults to 6.
        dropout: float, likewise. Defaults to 0.
        seed: int, for the draws of `SpecAugment`. Defaults to 0.

    Returns:
        An untrained functional model from `{"audio": (batch, samples), "padding_mask": (batch,
        samples)}` to features of shape `(batch, skip_channels)`, named `speech_encoder`.

    Raises:
        InputError: if a value is out of its range, or the front end is unknown; or masks are
            asked for without mel bands.

    Reference:
        van den Oord et al., 2016, "WaveNet: A Generative Model for Raw Audio", section 3.4,
        https://arxiv.org/abs/1609.03499

    Example:

    >>> speech_encoder(8000, channels=4, skip_channels=6).output_shape
    (None, 6)
    """
    if front_end not in FRONT_ENDS:
        raise InputError(
            f"Expected a front_end out of {', '.join(FRONT_ENDS)}. Received: {front_end!r}"
        )
    hides = bool(hidden_bands or hidden_time)
    if hides and front_end == "raw":
        raise InputError(
            "Expected a front_end of mel bands, to hide some of them. Received: front_end='raw', "
            f"hidden_bands={hidden_bands}, hidden_time={hidden_time}. Set these to 0"
        )
    audio = keras.Input((None,), dtype="float32", name="audio")
    mask = keras.Input((None,), dtype="bool", name="padding_mask")
    if front_end == "log_mel":
        x, positions = mel_frames(
            audio,
            mask,
            sample_rate,
            bands,
            hidden_bands=hidden_bands,
            hidden_time=hidden_time,
            seed=seed,
        )
    else:
        x, positions = keras.layers.Reshape((-1, 1), name="raw")(audio), mask
    x = wavenet(
        x.shape[-1],
        channels=channels,
        skip_channels=skip_channels,
        stacks=stacks,
        layers=layers,
        dropout=dropout,
    )(x)
    x = keras.layers.GlobalAveragePooling1D(name="mean_over_time")(x, mask=positions)
    # Without it a new network learns next to nothing for its first few hundred steps.
    x = keras.layers.LayerNormalization(name="feature_norm")(x)
    return keras.Model({"audio": audio, "padding_mask": mask}, x, name="speech_encoder")
