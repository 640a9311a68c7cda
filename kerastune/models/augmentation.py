"""Random changes of images while a model trains, inside the compiled step."""

import math
from itertools import count
from typing import Any

import keras

from kerastune.errors import InputError
from kerastune.models.rand_augment import RandAugment
from kerastune.models.resampling import resample
from kerastune.shares import require_shares

FLIPS = ("horizontal", "vertical", "horizontal_and_vertical")


def augmentation(
    image_shape: tuple[int | None, int | None, int],
    *,
    flip: str | None = None,
    rotation: float = 0.0,
    shift: float = 0.0,
    crop: float = 0.0,
    zoom: float = 0.0,
    contrast: float = 0.0,
    rand_augment: float = 0.0,
    seed: int,
) -> keras.Model | None:
    """Returns layers that change each image at random in training, and never otherwise.

    What is at 0 or None is left alone, and by default everything is: a flipped digit is
    no digit. The layers are part of the compiled step on every backend.

    Args:
        image_shape: tuple of height, width and channels; the first two may be None.
        flip: str, `"horizontal"`, `"vertical"` or `"horizontal_and_vertical"`: mirrors half
            of the images. Defaults to None.
        rotation: float from 0 to 180, the largest angle in degrees, either way. Defaults to 0.
        shift: float from 0 up to 1, the largest share of its height and width by which an image
            is moved, down or up and to the right or left. Defaults to 0.
        crop: float from 0 up to 1, the largest share of the height and width that a crop, at
            a random place, leaves out. Defaults to 0.
        zoom: float from 0 up to 1, the largest factor by which an image shrinks or grows
            about its centre. Defaults to 0.
        contrast: float from 0 up to 1, the largest factor by which the contrast falls or
            rises. Defaults to 0.
        rand_augment: float from 0 to 1, the strength of two changes of each image out of the
            list of `RandAugment`, after all others. Defaults to 0.
        seed: int, for all draws.

    Returns:
        A model named `augmentation` from images with values from 0 to 255 to images of the
        same shape, or None if everything is off.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> augmentation((28, 28, 1), seed=0) is None
    True
    >>> model = augmentation((28, 28, 1), rotation=10.0, contrast=0.2, seed=0)
    >>> [layer.name for layer in model.layers]
    ['turn_and_crop', 'contrast']
    """
    if flip is not None and flip not in FLIPS:
        raise InputError(f"Expected a flip out of {', '.join(FLIPS)}. Received: flip={flip!r}")
    require_shares(shift=shift, crop=crop, zoom=zoom, contrast=contrast)
    if not 0 <= rotation <= 180:
        raise InputError(f"Expected rotation from 0 to 180 degrees. Received: {rotation}")
    if not 0 <= rand_augment <= 1:
        raise InputError(f"Expected rand_augment from 0 to 1. Received: {rand_augment}")
    # Sixteen bits are too few for positions and 256 values, whatever the precision.
    exact: dict[str, Any] = {"dtype": "float32"}
    seeds = count(seed)  # Layers with one seed would draw the same numbers.
    layers: list[keras.Layer] = []
    # Keras flips both ways at once or not at all, so each way has a layer.
    for way in flip.split("_and_") if flip else ():
        layers.append(keras.layers.RandomFlip(way, name=f"flip_{way}", seed=next(seeds), **exact))
    if rotation or shift or crop or zoom:
        layers.append(
            RandomTurnAndCrop(
                rotation, crop, zoom, shift, name="turn_and_crop", seed=next(seeds), **exact
            )
        )
    if contrast:
        layers.append(
            keras.layers.RandomContrast(
                contrast, value_range=(0, 255), name="contrast", seed=next(seeds), **exact
            )
        )
    if rand_augment:
        layers.append(RandAugment(rand_augment, name="rand_augment", seed=next(seeds), **exact))
    if not layers:
        return None
    return keras.Sequential([keras.Input(image_shape), *layers], name="augmentation")


@keras.saving.register_keras_serializable(package="kerastune")
class RandomTurnAndCrop(keras.Layer):
    """Turns, moves, crops and zooms each image at random in training, in one resampling.

    Keras' `RandomRotation`, `RandomTranslation`, `RandomZoom` and `RandomCrop` resample once
    each, and switch `jit_compile` off for the whole model they are part of, so that on JAX
    every step would run operation by operation. This layer is compiled with the rest on every
    backend.

    Args:
        rotation: float, the largest angle in degrees, either way.
        crop: float from 0 up to 1, the largest share of height and width left out.
        zoom: float from 0 up to 1, the largest factor of shrinking and growing.
        shift: float from 0 up to 1, the largest share of height and width by which an image is
            moved. Defaults to 0.
        seed: int, for the draws.
        **kwargs: as for every Keras layer.

    Example:

    >>> layer = RandomTurnAndCrop(10.0, 0.1, 0.0, seed=0)
    >>> layer(keras.ops.ones((2, 5, 5, 1)), training=True).shape == (2, 5, 5, 1)
    True
    """

    def __init__(
        self,
        rotation: float,
        crop: float,
        zoom: float,
        shift: float = 0.0,
        *,
        seed: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rotation = rotation
        self.crop = crop
        self.zoom = zoom
        self.shift = shift
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """Returns the images, changed if `training`."""
        if not training:
            return images
        batch, height, width, _ = keras.ops.shape(images)

        def draw(lowest: float, highest: float) -> Any:
            return keras.random.uniform((batch,), lowest, highest, seed=self.generator)

        angle = draw(-self.rotation, self.rotation) * (math.pi / 180)
        window = 1 - draw(0, self.crop)
        # Where in the image the window is: from one edge (-1) to the other (1).
        down, right = draw(-1, 1) * (1 - window) / 2, draw(-1, 1) * (1 - window) / 2
        step = window / (1 + draw(-self.zoom, self.zoom))
        # Draws that are not needed would change what a seed gives in runs without shifts.
        if self.shift:
            down, right = (share + draw(-self.shift, self.shift) for share in (down, right))
        return resample(
            images,
            angle,
            step,
            down * keras.ops.cast(height, "float32"),
            right * keras.ops.cast(width, "float32"),
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, for saving."""
        names = ("rotation", "crop", "zoom", "shift", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
