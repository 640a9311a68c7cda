"""Sound as a network for speech takes it: the power in mel bands, frame by frame."""

from typing import Any

import keras

from kerastune.data.mel_scale import FLOOR, frame_sizes, mel_matrix


@keras.saving.register_keras_serializable(package="kerastune")
class LogMel(keras.Layer):
    """The logarithm of the power of sound in mel bands, frame by frame.

    A frame ends a hop after the one before, so that nothing is known of what comes later, and
    the first ends a hop after the beginning, with silence before it. Where there is silence
    there is 0: it is the logarithm of 1 + power / 1e-5. Padding with zeros behind the end
    changes no frame but adds some.

    The Fourier transform is that of `keras.ops.stft` with a periodic Hann window. On TensorFlow,
    JAX and PyTorch it differs from NumPy's in float64 by at most 4.5e-7 for noise of deviation
    0.1 in frames of 256 samples.

    Args:
        sample_rate: int, samples a second.
        bands: int, the mel bands, see `kerastune.data.mel_matrix`. Defaults to 40.
        window: float, seconds of a frame. Defaults to 0.032.
        hop: float, seconds from a frame to the next. Defaults to 0.01.
        **settings: as for every Keras layer.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> tuple(LogMel(8000)(keras.ops.zeros((2, 800))).shape)
    (2, 10, 40)
    """

    def __init__(
        self,
        sample_rate: int,
        bands: int = 40,
        window: float = 0.032,
        hop: float = 0.01,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.sample_rate = sample_rate
        self.bands = bands
        self.window = window
        self.hop = hop
        self.length, self.step = frame_sizes(sample_rate, window, hop)
        self.matrix = mel_matrix(bands, self.length, sample_rate)

    def call(self, samples: Any) -> Any:
        """Returns the bands of each frame.

        Args:
            samples: float tensor of shape `(batch, samples)`, values from -1 to 1.
        """
        ops = keras.ops
        padded = ops.pad(samples, ((0, 0), (self.length - self.step, self.step - 1)))
        real, imaginary = ops.stft(padded, self.length, self.step, self.length, center=False)
        power = ops.matmul(ops.square(real) + ops.square(imaginary), self.matrix)
        return ops.log1p(power / FLOOR)

    def frame_mask(self, padding_mask: Any) -> Any:
        """Returns which frames have samples that are no padding.

        Args:
            padding_mask: bool tensor of shape `(batch, samples)`, true for what is no padding.

        Returns:
            bool tensor of shape `(batch, frames)`.
        """
        return padding_mask[:, :: self.step]

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Returns the shape of the bands, `(batch, frames, bands)`."""
        batch, samples = input_shape
        return (batch, None if samples is None else -(-samples // self.step), self.bands)

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, for saving."""
        names = ("sample_rate", "bands", "window", "hop")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
