"""From images with boxes to the arrays that a detector takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Source
from kerastune.data.image_files import as_image
from kerastune.preprocessing.images import ImagePreprocessor

_PICTURED = 6  # images
_LOOKED_AT = 200  # images


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass
class BoxPreprocessor(ImagePreprocessor):
    """Turns images with boxes into arrays for a detector, and what it finds back into pixels.

    Images are stretched as by `ImagePreprocessor`, and boxes with them.

    Args:
        image_shape: tuple of height and width in pixels, and channels.
        column: str, the column of images. Defaults to `"image"`.
        most_boxes: int, the most boxes of a training image. Batches have so many, or as many as
            one of their images. Defaults to 1.

    Example:

    >>> preprocessor = BoxPreprocessor((4, 4, 3))
    >>> inputs = {"image": [np.zeros((8, 16, 3))]}
    >>> preprocessor.prepare_both(inputs, [np.array([[4.0, 2.0, 8.0, 8.0, 1.0]])])[1].tolist()
    [[[0.25, 0.25, 0.5, 1.0, 1.0]]]
    """

    most_boxes: int = 1

    def fit(self, samples: Source) -> Self:
        """Finds the column of images in the training samples, and the most boxes of an image.

        Args:
            samples: `Source` with one input of kind `image` and one target of kind `boxes`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: as `ImagePreprocessor.fit`.
        """
        super().fit(samples)
        self.most_boxes = max(1, *(len(boxes) for boxes in samples.values[samples.target("boxes")]))
        return self

    def prepare_both(self, inputs: Mapping[str, Any], targets: Any) -> tuple[Any, np.ndarray]:
        """Returns images of one size, and boxes as shares of their width and height.

        Args:
            inputs: dictionary with the column of images.
            targets: sequence of arrays of shape `(objects, 5)`, in pixels.

        Returns:
            A tuple of what `prepare` gives, and a float32 array of shape `(images, boxes, 5)`; the
            class is -1 where there is no box.
        """
        most = max(self.most_boxes, *(len(boxes) for boxes in targets))
        padded = np.zeros((len(targets), most, 5), "float32")
        padded[:, :, 4] = -1
        for row, (image, boxes) in enumerate(zip(inputs[self.column], targets, strict=True)):
            padded[row, : len(boxes)] = np.asarray(boxes) / [*_sides(image), 1]
        return self.prepare(inputs), padded

    def align(self, outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Returns what was found, in pixels of the images as they came.

        Args:
            outputs: dictionary of `boxes`, `scores` and `classes`, as `ObjectDetection.predict`
                gives it.
            inputs: dictionary with the column of images.

        Returns:
            Dictionary with `images` besides, a list of the first six and None for the others.
        """
        images = inputs[self.column]
        shown = [as_image(images[row]) if row < _PICTURED else None for row in range(len(images))]
        return {**self.align_answers(outputs, inputs), "images": shown}

    def align_answers(
        self, outputs: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Returns what was found, in pixels of the images as they came.

        Args:
            outputs: dictionary, as for `align`.
            inputs: dictionary with the column of images.
        """
        images: Sequence[Any] = inputs[self.column]
        sides = np.array([_sides(images[row]) for row in range(len(images))], "float32")
        return {**outputs, "boxes": outputs["boxes"] * sides[:, None, :]}

    def get_config(self) -> dict[str, Any]:
        """Returns the shape, the column and the number of boxes."""
        return {**super().get_config(), "most_boxes": self.most_boxes}


def largest_object(samples: Source) -> float:
    """Returns the side of the largest objects of some samples, as a share of that of the image.

    Args:
        samples: `Source` with one input of kind `image` and one target of kind `boxes`, of which
            the first 200 are looked at.

    Returns:
        float from 0 to 1: of the square roots of the shares of boxes the one that 95 % are below.

    Example:

    >>> from kerastune.data import open_detection
    >>> answers = [{"boxes": [[0, 0, 4, 4]], "classes": ["cat"]}]
    >>> largest_object(open_detection((np.zeros((1, 8, 8, 3)), answers)))
    0.5
    """
    images, boxes = samples.input("image"), samples.target("boxes")
    shares = [0.0]
    for row in range(min(len(samples), _LOOKED_AT)):
        own = np.asarray(samples.values[boxes][row])[:, :4] / _sides(samples.values[images][row])
        shares += np.sqrt(np.prod(own[:, 2:] - own[:, :2], axis=1)).tolist()
    return float(np.quantile(shares[1:] or shares, 0.95))


def _sides(image: Any) -> list[int]:
    """Returns the width and height of an image, twice."""
    height, width = as_image(image).shape[:2]
    return [width, height, width, height]
