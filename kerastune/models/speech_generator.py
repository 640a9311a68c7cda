"""A WaveNet that tells the next sample of speech, given the phonemes that are said."""

from typing import Any

import keras

from kerastune.models.wavenet import wavenet

_CODES = 256


def speech_generator(
    phonemes: int,
    *,
    condition_width: int = 64,
    channels: int = 32,
    skip_channels: int = 64,
    stacks: int = 2,
    layers: int = 8,
    dropout: float = 0.0,
) -> keras.Model:
    """Returns a WaveNet whose features tell the next sample of speech.

    The samples before it, as codes of the μ-law, pass a `wavenet`. Its condition is a vector for
    each frame: embeddings of the phonemes before, in and behind it, the place in the phoneme and
    its length pass a layer, and another that sees the neighbouring frames.

    Args:
        phonemes: int, how many different phonemes there are, besides the pause.
        condition_width: int, numbers of a frame's vector. Defaults to 64.
        channels: int, as for `wavenet`. Defaults to 32.
        skip_channels: int, likewise. Defaults to 64.
        stacks: int, likewise. Defaults to 2.
        layers: int, likewise. Defaults to 8.
        dropout: float, likewise. Defaults to 0.

    Returns:
        An untrained functional model named `speech_generator`, from a dictionary of `codes`, int
        of shape `(batch, samples)`, `phonemes`, int of shape `(batch, frames, 3)`, and `places`,
        of shape `(batch, frames, 2)`, to features of shape `(batch, samples, skip_channels)`; see
        `kerastune.preprocessing.phoneme_frames`. Samples are a multiple of frames.

    Raises:
        InputError: if a value is out of its range.

    Reference:
        van den Oord et al., 2016, "WaveNet: A Generative Model for Raw Audio", sections 2.1 to
        2.5, https://arxiv.org/abs/1609.03499

    Example:

    >>> speech_generator(5, channels=4, skip_channels=6, layers=2).output_shape
    (None, None, 6)
    """
    inputs = {
        "codes": keras.Input((None,), dtype="int32", name="codes"),
        "phonemes": keras.Input((None, 3), dtype="int32", name="phonemes"),
        "places": keras.Input((None, 2), dtype="float32", name="places"),
    }
    x = keras.layers.Embedding(phonemes + 1, condition_width, name="phoneme_embedding")(
        inputs["phonemes"]
    )
    x = keras.layers.Reshape((-1, 3 * condition_width), name="neighbours")(x)
    x = keras.layers.Concatenate(name="condition_inputs")([x, inputs["places"]])
    x = keras.layers.Dense(condition_width, activation="relu", name="condition_dense")(x)
    condition = keras.layers.Conv1D(
        condition_width, 3, padding="same", activation="relu", name="condition_conv"
    )(x)
    network = wavenet(
        1,
        channels=channels,
        skip_channels=skip_channels,
        stacks=stacks,
        layers=layers,
        dropout=dropout,
        condition_width=condition_width,
    )
    features = network([SamplesBefore(name="samples_before")(inputs["codes"]), condition])
    return keras.Model(inputs, features, name="speech_generator")


@keras.saving.register_keras_serializable(package="kerastune")
class SamplesBefore(keras.Layer):
    """For each sample of sound the one before it, from -1 to 1 by the μ-law; 0 for the first.

    Example:

    >>> SamplesBefore()(keras.ops.array([[255, 0, 9]]))[..., 0].tolist()
    [[0.0, 1.0, -1.0]]
    """

    def call(self, codes: Any) -> Any:
        """Returns a tensor of shape `(batch, samples, 1)`.

        Args:
            codes: int tensor of shape `(batch, samples)`.
        """
        middle = (_CODES - 1) / 2
        values = keras.ops.cast(codes, self.compute_dtype) / middle - 1
        silence = keras.ops.zeros_like(values[:, :1])
        return keras.ops.concatenate([silence, values[:, :-1]], axis=1)[..., None]

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        """Returns the shape of the samples, with an axis behind it."""
        return (*input_shape, 1)
