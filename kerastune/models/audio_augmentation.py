"""Random changes of sound while a model trains, inside the compiled step."""

from itertools import count
from typing import Any

import keras

from kerastune.errors import InputError


def audio_augmentation(
    sample_rate: int,
    *,
    speed: float = 0.0,
    shift: float = 0.0,
    noise: float = 0.0,
    seed: int,
) -> keras.Model | None:
    """Returns layers that change each recording at random in training, and never otherwise.

    What is at 0 is left alone, and by default everything is.

    Args:
        sample_rate: int, samples a second.
        speed: float from 0 up to 1, the largest share by which a recording is faster or slower,
            with its pitch. Defaults to 0.
        shift: float of at least 0, the most seconds by which it begins later or earlier. Defaults
            to 0.
        noise: float of at least 0, the largest deviation of white noise, as a share of the root
            of the mean square of the recording. Defaults to 0.
        seed: int, for all draws.

    Returns:
        A model named `audio_augmentation` from `{"audio": (batch, samples), "padding_mask":
        (batch, samples)}` to the same, or None if everything is off.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> audio_augmentation(8000, seed=0) is None
    True
    >>> model = audio_augmentation(8000, speed=0.1, noise=0.2, seed=0)
    >>> [layer.name for layer in model.layers if not layer.name.endswith(("audio", "mask"))]
    ['speed_and_shift', 'noise']
    """
    if not 0 <= speed < 1 or min(shift, noise) < 0:
        raise InputError(
            "Expected speed from 0 up to, not including, 1, and shift and noise of at least 0. "
            f"Received: speed={speed}, shift={shift}, noise={noise}"
        )
    exact: dict[str, Any] = {"dtype": "float32"}  # Sixteen bits are too few for positions.
    seeds = count(seed)  # Layers with one seed would draw the same numbers.
    layers: list[keras.Layer] = []
    if speed or shift:
        layers.append(
            RandomSpeedAndShift(
                speed, shift * sample_rate, seed=next(seeds), name="speed_and_shift", **exact
            )
        )
    if noise:
        layers.append(RandomNoise(noise, seed=next(seeds), name="noise", **exact))
    if not layers:
        return None
    inputs = {
        "audio": keras.Input((None,), dtype="float32", name="audio"),
        "padding_mask": keras.Input((None,), dtype="bool", name="padding_mask"),
    }
    audio, mask = inputs["audio"], inputs["padding_mask"]
    for layer in layers:
        audio, mask = layer([audio, mask])
    return keras.Model(inputs, {"audio": audio, "padding_mask": mask}, name="audio_augmentation")


@keras.saving.register_keras_serializable(package="kerastune")
class RandomSpeedAndShift(keras.Layer):
    """Makes each recording faster or slower, and begin later or earlier, in one resampling.

    It is read between samples, linearly. What would be before its beginning is silence; what is
    moved beyond either end of the batch is cut.

    Args:
        speed: float from 0 up to 1, the largest change of speed.
        shift: float, the most samples by which a recording begins later or earlier.
        seed: int, for the draws.
        **settings: as for every Keras layer.

    Example:

    >>> layer = RandomSpeedAndShift(0.1, 2.0, seed=0)
    >>> sound = [keras.ops.ones((2, 5)), keras.ops.ones((2, 5), dtype="bool")]
    >>> [tuple(one.shape) for one in layer(sound, training=True)]
    [(2, 5), (2, 5)]
    """

    def __init__(self, speed: float, shift: float, *, seed: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.speed = speed
        self.shift = shift
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns samples and their mask, changed if `training`.

        Args:
            inputs: list of a float tensor of shape `(batch, samples)` and a bool tensor of that
                shape, true for what is no padding.
            training: bool.
        """
        audio, mask = inputs
        if not training:
            return audio, mask
        ops = keras.ops
        batch, size = ops.shape(audio)

        def draw(most: float) -> Any:
            return keras.random.uniform((batch, 1), -most, most, seed=self.generator)

        rate, start = 1 + draw(self.speed), draw(self.shift)
        # Which old sample is read for each new one.
        place = (ops.arange(size, dtype="float32")[None, :] - start) * rate
        length = ops.cast(ops.sum(ops.cast(mask, "int32"), axis=1, keepdims=True), "float32")
        before = ops.floor(place)
        share = place - before
        index = ops.cast(before, "int32")
        first = ops.take_along_axis(audio, ops.clip(index, 0, size - 1), axis=1)
        second = ops.take_along_axis(audio, ops.clip(index + 1, 0, size - 1), axis=1)
        is_inside = (place >= 0) & (place <= length - 1)
        moved = first + share * (second - first)
        return ops.where(is_inside, moved, ops.zeros_like(moved)), place <= length - 1

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shapes of samples and mask, as they came."""
        return tuple(map(tuple, input_shape))

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, for saving."""
        names = ("speed", "shift", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="kerastune")
class RandomNoise(keras.Layer):
    """Adds white noise to each recording, of a deviation drawn for it.

    Args:
        noise: float, the largest deviation as a share of the root of the mean square of the
            recording.
        seed: int, for the draws.
        **settings: as for every Keras layer.

    Example:

    >>> layer = RandomNoise(0.5, seed=0)
    >>> sound = [keras.ops.zeros((2, 5)), keras.ops.ones((2, 5), dtype="bool")]
    >>> float(keras.ops.max(layer(sound, training=True)[0]))
    0.0
    """

    def __init__(self, noise: float, *, seed: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.noise = noise
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns samples, with noise if `training`, and their mask.

        Args:
            inputs: list of a float tensor of shape `(batch, samples)` and a bool tensor of that
                shape, true for what is no padding.
            training: bool.
        """
        audio, mask = inputs
        if not training:
            return audio, mask
        ops = keras.ops
        counted = ops.cast(mask, audio.dtype)
        count = ops.maximum(ops.sum(counted, axis=1, keepdims=True), 1.0)
        power = ops.sum(ops.square(audio) * counted, axis=1, keepdims=True) / count
        share = keras.random.uniform((ops.shape(audio)[0], 1), 0, self.noise, seed=self.generator)
        noise = keras.random.normal(ops.shape(audio), seed=self.generator)
        return audio + noise * share * ops.sqrt(power) * counted, mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shapes of samples and mask, as they came."""
        return tuple(map(tuple, input_shape))

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, for saving."""
        return {**super().get_config(), "noise": self.noise, "seed": self.seed}
