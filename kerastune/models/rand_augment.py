"""RandAugment: a few changes of each image, drawn from a list, in the compiled step."""

import math
from typing import Any

import keras

from kerastune.errors import InputError
from kerastune.models.resampling import sampled_at

RAND_AUGMENT_CHANGES = (
    "identity", "rotate", "shear_x", "shear_y", "translate_x", "translate_y", "brightness",
    "contrast", "color", "sharpness", "posterize", "solarize", "auto_contrast",
)  # fmt: skip
"""The changes, of which each image gets some."""

# At the strength 1, as in AutoAugment: degrees, pixels a pixel, shares of a side, shares.
_ANGLE, _SHEAR, _SHIFT, _BLEND = 30.0, 0.3, 0.45, 0.9
_GREY = (0.299, 0.587, 0.114)  # of red, green and blue


@keras.saving.register_keras_serializable(package="kerastune")
class RandAugment(keras.Layer):
    """Changes each image in training by some changes drawn at random, all of one strength.

    Each image has draws of its own, with replacement, and those that have a direction go either
    way. Changes are those of `RAND_AUGMENT_CHANGES`: of the paper's, equalization is left out.
    What is moved in from outside an image is its mirror image, and not grey.

    Keras' `RandAugment` draws the same changes for the whole batch, and switches `jit_compile`
    off for the model it is part of. This layer is compiled with the rest on every backend.

    Args:
        strength: float above 0 up to 1: at 1, 30 degrees, a shear of 0.3, a shift by 0.45 of a
            side, brightness, contrast, colour and sharpness times 0.1 or 1.9, four bits, and
            every pixel inverted.
        count: int of at least 1, the changes of each image. Defaults to 2.
        seed: int, for the draws.
        **kwargs: as for every Keras layer.

    Raises:
        InputError: if a value is out of its range.

    Reference:
        Cubuk et al., 2019, "RandAugment: Practical automated data augmentation with a reduced
        search space", https://arxiv.org/abs/1909.13719

    Example:

    >>> layer = RandAugment(0.5, seed=0)
    >>> layer(keras.ops.ones((2, 5, 5, 1)), training=True).shape == (2, 5, 5, 1)
    True
    """

    def __init__(self, strength: float, count: int = 2, *, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 < strength <= 1 or count < 1:
            raise InputError(
                "Expected a strength above 0 up to 1, and a count of at least 1. "
                f"Received: strength={strength}, count={count}"
            )
        self.strength = strength
        self.count = count
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """Returns the images, changed if `training`."""
        if not training:
            return images
        batch = keras.ops.shape(images)[0]
        for _ in range(self.count):
            place, side = (keras.random.uniform((batch,), seed=self.generator) for _ in range(2))
            which = keras.ops.cast(keras.ops.floor(place * len(RAND_AUGMENT_CHANGES)), "int32")
            level = self.strength * keras.ops.where(side < 0.5, -1.0, 1.0)
            images = change(images, which, level)
        return images

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, for saving."""
        names = ("strength", "count", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def change(images: Any, which: Any, level: Any) -> Any:
    """Returns images, each changed in one way.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`, values 0 to 255.
        which: int tensor of shape `(batch,)`, positions in `RAND_AUGMENT_CHANGES`.
        level: float tensor of shape `(batch,)`, from -1 to 1: the strength and its direction.

    Returns:
        Tensor of the shape of `images`, values 0 to 255.

    Example:

    >>> brighter = RAND_AUGMENT_CHANGES.index("brightness")
    >>> image = keras.ops.full((1, 2, 2, 1), 100.0)
    >>> changed = change(image, keras.ops.array([brighter]), keras.ops.array([0.5]))
    >>> float(changed[0, 0, 0, 0])
    145.0
    """
    ops = keras.ops

    def level_of(name: str) -> Any:
        """The level of images that are changed so, and 0 of the others."""
        return ops.where(which == RAND_AUGMENT_CHANGES.index(name), level, ops.zeros_like(level))

    def chosen(name: str, changed: Any, others: Any) -> Any:
        is_one = which == RAND_AUGMENT_CHANGES.index(name)
        return ops.where(is_one[:, None, None, None], changed, others)

    images = _moved(images, {name: level_of(name) for name in RAND_AUGMENT_CHANGES[1:6]})
    strength = ops.abs(level)[:, None, None, None]
    # These four are on the line between a plain image and the image, before it or behind.
    plain = chosen("brightness", ops.zeros_like(images), images)
    grey = _grey(images)
    plain = chosen("contrast", ops.mean(grey, axis=(1, 2, 3), keepdims=True), plain)
    plain = chosen("color", grey, plain)
    plain = chosen("sharpness", _smooth(images), plain)
    factor = 1 + _BLEND * level[:, None, None, None]
    changed = ops.clip(plain + factor * (images - plain), 0.0, 255.0)
    step = ops.power(2.0, ops.round(4 * strength))
    changed = chosen("posterize", ops.floor(images / step) * step, changed)
    inverted = ops.where(images >= 256 * (1 - strength), 255 - images, images)
    changed = chosen("solarize", inverted, changed)
    lowest = ops.min(images, axis=(1, 2), keepdims=True)
    spread = ops.max(images, axis=(1, 2), keepdims=True) - lowest
    is_flat = spread == 0
    stretched = (images - lowest) * 255 / ops.where(is_flat, ops.ones_like(spread), spread)
    stretched = ops.where(is_flat, images, stretched)
    return chosen("auto_contrast", stretched, changed)


def _moved(images: Any, levels: dict[str, Any]) -> Any:
    """Returns images turned, sheared or shifted about their centre."""
    ops = keras.ops
    _, height, width, _ = ops.shape(images)
    tall, wide = ops.cast(height, "float32"), ops.cast(width, "float32")
    rows = (ops.arange(height, dtype="float32") - (tall - 1) / 2)[None, :, None]
    columns = (ops.arange(width, dtype="float32") - (wide - 1) / 2)[None, None, :]
    by = {name: level[:, None, None] for name, level in levels.items()}
    angle = by["rotate"] * (_ANGLE * math.pi / 180)
    cosine, sine = ops.cos(angle), ops.sin(angle)
    down = _SHIFT * by["translate_y"] * tall + _SHEAR * by["shear_y"] * columns
    right = _SHIFT * by["translate_x"] * wide + _SHEAR * by["shear_x"] * rows
    old_rows = cosine * rows + sine * columns + down + (tall - 1) / 2
    old_columns = cosine * columns - sine * rows + right + (wide - 1) / 2
    return sampled_at(images, old_rows, old_columns)


def _grey(images: Any) -> Any:
    """Returns the brightness of images in all of their channels."""
    if images.shape[-1] != 3:
        return images
    weights = keras.ops.cast(keras.ops.array(_GREY), images.dtype)
    brightness = keras.ops.sum(images * weights, axis=-1, keepdims=True)
    return brightness + keras.ops.zeros_like(images)


def _smooth(images: Any) -> Any:
    """Returns images blurred as by Pillow's filter SMOOTH, which leaves the edges as they are."""
    ops = keras.ops
    _, height, width, _ = ops.shape(images)
    framed = ops.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    total = 4 * images
    for row in range(3):
        for column in range(3):
            total = total + framed[:, row : row + height, column : column + width, :]
    rows = ops.arange(height)[None, :, None, None]
    columns = ops.arange(width)[None, None, :, None]
    is_inner = (rows > 0) & (rows < height - 1) & (columns > 0) & (columns < width - 1)
    return ops.where(is_inner, total / 13, images)
