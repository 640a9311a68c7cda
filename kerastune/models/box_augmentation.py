"""Random flips, crops and scales of images and their boxes, inside the compiled step."""

from typing import Any

import keras

from kerastune.models.changed_targets import ChangedTargetsModel, TargetChange
from kerastune.models.resampling import resample
from kerastune.shares import require_shares

_LEAST_LEFT = 0.3  # of the area of a box: where less of it is to be seen, it is left out


def box_augmentation(
    *, flip: bool = False, crop: float = 0.0, scale: float = 0.0, seed: int
) -> "RandomBoxWindow | None":
    """Returns a layer that changes each image and its boxes at random in training.

    Args:
        flip: bool, whether half of the images are mirrored, left and right. Defaults to False.
        crop: float from 0 up to 1, the largest share of the height and width that a crop, at a
            random place, leaves out. Defaults to 0.
        scale: float from 0 up to 1, the largest factor by which an image shrinks or grows about
            the centre of the crop. Defaults to 0.
        seed: int, for all draws.

    Returns:
        A `RandomBoxWindow`, or None if everything is off.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> box_augmentation(seed=0) is None
    True
    """
    require_shares(crop=crop, scale=scale)
    if not (flip or crop or scale):
        return None
    # Sixteen bits are too few for positions and 256 values, whatever the precision.
    return RandomBoxWindow(flip, crop, scale, seed=seed, name="box_augmentation", dtype="float32")


@keras.saving.register_keras_serializable(package="kerastune")
class RandomBoxWindow(TargetChange):
    """Flips, crops and scales each image at random in training, and its boxes alike.

    Images are resampled once, bilinearly; what lies outside of one is its mirror image. Keras'
    `RandomFlip`, `RandomCrop` and `RandomZoom` take boxes as an input beside the images, which a
    model that answers for images alone does not have, resample once each, and but for the first
    switch `jit_compile` off. Here boxes are changed where the loss is computed, by
    `changed_boxes`: see `BoxWindowModel`.

    Args:
        flip: bool, whether half of the images are mirrored, left and right.
        crop: float from 0 up to 1, the largest share of height and width that is left out.
        scale: float from 0 up to 1, the largest factor of shrinking and growing.
        seed: int, for the draws.
        **kwargs: as for every Keras layer.

    Example:

    >>> layer = RandomBoxWindow(True, 0.2, 0.0, seed=0)
    >>> images = layer(keras.ops.ones((2, 8, 8, 3)), training=True)
    >>> boxes = layer.changed_boxes(keras.ops.ones((2, 1, 5)))
    >>> images.shape == (2, 8, 8, 3), boxes.shape == (2, 1, 5)
    (True, True)
    """

    def __init__(self, flip: bool, crop: float, scale: float, *, seed: int, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        self.flip = flip
        self.crop = crop
        self.scale = scale

    def changed_images(self, images: Any) -> Any:
        """Returns the images, flipped, cropped and scaled."""
        batch, height, width, _ = keras.ops.shape(images)
        is_flipped, window, down, right = self._draw(batch, self.generator)
        images = keras.ops.where(
            is_flipped[:, None, None, None], keras.ops.flip(images, axis=2), images
        )
        return resample(
            images,
            keras.ops.zeros_like(window),
            window,
            down * keras.ops.cast(height, "float32"),
            right * keras.ops.cast(width, "float32"),
        )

    def changed_targets(self, images: Any, targets: Any, weights: Any = None) -> tuple[Any, Any]:
        """Returns changed boxes, see `changed_boxes`, and weights as they are."""
        del images
        return self.changed_boxes(targets), weights

    def changed_boxes(self, boxes: Any) -> Any:
        """Returns boxes changed as the images of the last call in training were.

        Args:
            boxes: float tensor of shape `(batch, boxes, 5)`: left, top, right and bottom as shares
                of the width and height, and the class, below 0 where there is no box.

        Returns:
            Tensor of this shape. Boxes are cut at the edges of the image; the class is -1 where
            less than 0.3 of the area is left.
        """
        ops = keras.ops
        is_flipped, window, down, right = self._draw(ops.shape(boxes)[0], self.label_generator)
        left, top, end, bottom, code = (boxes[:, :, place] for place in range(5))
        flipped = is_flipped[:, None]
        left, end = ops.where(flipped, 1 - end, left), ops.where(flipped, 1 - left, end)

        def moved(place: Any, shift: Any) -> Any:
            return 0.5 + (place - 0.5 - shift[:, None]) / window[:, None]

        whole = [moved(left, right), moved(top, down), moved(end, right), moved(bottom, down)]
        seen = [ops.clip(place, 0.0, 1.0) for place in whole]
        is_seen = _area(seen) >= _LEAST_LEFT * _area(whole)
        code = ops.where(is_seen, code, -1.0)
        return ops.stack([*seen, code], axis=-1)

    def _draw(self, batch: Any, generator: Any) -> tuple[Any, Any, Any, Any]:
        """Returns which images are mirrored, and the size and the place of each window."""

        def draw(lowest: float, highest: float) -> Any:
            return keras.random.uniform((batch,), lowest, highest, dtype="float32", seed=generator)

        is_flipped = draw(0, 1) < (0.5 if self.flip else 0.0)
        window = 1 - draw(0, self.crop)
        # Where in the image the window is: from one edge (-1) to the other (1).
        down, right = draw(-1, 1) * (1 - window) / 2, draw(-1, 1) * (1 - window) / 2
        return is_flipped, window / (1 + draw(-self.scale, self.scale)), down, right

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, for saving."""
        names = ("flip", "crop", "scale", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="kerastune")
class BoxWindowModel(ChangedTargetsModel):
    """A functional model with a layer `RandomBoxWindow`, whose loss takes the changed boxes.

    Its only input are images, its targets boxes as `RandomBoxWindow.changed_boxes` takes them.
    Evaluation and prediction change nothing.

    Example:

    >>> images = keras.Input((8, 8, 3))
    >>> changed = RandomBoxWindow(True, 0.0, 0.0, seed=0)(images)
    >>> boxes = keras.layers.Reshape((1, 5))(keras.layers.Dense(5)(keras.layers.Flatten()(changed)))
    >>> model = BoxWindowModel(images, boxes)
    >>> model.compile(loss="mse")
    >>> _ = model.fit(keras.ops.ones((2, 8, 8, 3)), keras.ops.ones((2, 1, 5)), verbose=0)
    """


def _area(sides: list[Any]) -> Any:
    left, top, right, bottom = sides
    return (right - left) * (bottom - top)
