"""From images of any size to the arrays that a backbone takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import keras
import numpy as np
from PIL import Image

from kerastune.data import Source
from kerastune.data.finite import require_finite
from kerastune.data.image_files import as_image
from kerastune.errors import InputError
from kerastune.preprocessing.preprocessor import Preprocessor

_LUMINANCE = np.array([0.299, 0.587, 0.114], "float32")  # of red, green and blue


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass
class ImagePreprocessor(Preprocessor):
    """Turns images of any size into one array for a backbone.

    Sides are stretched to the size asked for, bilinearly, with smoothing where they
    shrink. Grey becomes colour by repetition, and colour grey by luminance.

    Args:
        image_shape: tuple of height and width in pixels, and channels.
        column: str, the column of images. Defaults to `"image"`.

    Example:

    >>> preprocessor = ImagePreprocessor((4, 4, 3))
    >>> preprocessor([np.zeros((2, 2, 1)), np.full((9, 5, 3), 255)]).shape
    (2, 4, 4, 3)
    """

    image_shape: tuple[int, int, int]
    column: str = "image"
    is_by_sample = True

    def __post_init__(self) -> None:
        height, width, channels = (int(size) for size in self.image_shape)
        self.image_shape = (height, width, channels)

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        """tuple of one str, the column of images."""
        return (self.column,)

    def fit(self, samples: Source) -> Self:
        """Finds the column of images in the training samples, and looks at their values.

        Args:
            samples: `Source` with one input of kind `image`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if there is no such column, or it is an array whose values cannot be
                from 0 to 255, or are not finite.
        """
        self.column = samples.input("image")
        self.check(samples)
        values = samples.values[self.column]
        if isinstance(values, np.ndarray) and values.size:
            lowest, highest = float(values.min()), float(values.max())
            if not 0 <= lowest <= highest <= 255 or 0 < highest <= 1:
                raise InputError(
                    "Expected images with values from 0 to 255. Received: "
                    f"{samples.name}, whose values are from {lowest:g} to {highest:g}. "
                    "Multiply them by 255 if 1 is white"
                )
        return self

    def check(self, samples: Source) -> None:
        """Refuses images in memory with NaN or infinity, with the row of the first.

        Args:
            samples: `Source` with the column of images.

        Raises:
            InputError: if there is one.
        """
        require_finite(samples, self.column)

    def prepare(self, inputs: Mapping[str, Any]) -> np.ndarray:
        """Returns images brought to one size.

        Args:
            inputs: dictionary with the column of images: an array of shape `(images, height,
                width, channels)`, or a sequence of arrays `(height, width, channels)`, PIL
                images or paths of image files. Values are from 0 to 255.

        Returns:
            float32 array of shape `(images, *image_shape)`, values from 0 to 255.

        Raises:
            InputError: if something is not an image, cannot get that many channels, or is
                in floats that cannot be from 0 to 255.
        """
        images = inputs[self.column]
        _require_pixels(images)
        if isinstance(images, np.ndarray) and images.shape[1:] == self.image_shape:
            return images.astype("float32")
        return np.stack([self._fitted(image) for image in images])

    def get_config(self) -> dict[str, Any]:
        """Returns the shape and the column."""
        return {"image_shape": list(self.image_shape), "column": self.column}

    def _fitted(self, image: Any) -> np.ndarray:
        array = as_image(image)
        colours = self._with_channels(array.astype("float32"))
        height, width, _ = self.image_shape
        if colours.shape == self.image_shape:
            return colours
        # Pillow smooths where an image shrinks; of floats it takes one channel at a time.
        channels = [
            np.asarray(Image.fromarray(channel).resize((width, height), Image.Resampling.BILINEAR))
            for channel in np.moveaxis(colours, -1, 0)
        ]
        return np.stack(channels, axis=-1)

    def _with_channels(self, pixels: np.ndarray) -> np.ndarray:
        channels, wanted = pixels.shape[-1], self.image_shape[-1]
        if channels == wanted:
            return pixels
        if channels == 1:
            return np.repeat(pixels, wanted, axis=-1)
        if (channels, wanted) == (3, 1):
            return pixels @ _LUMINANCE[:, np.newaxis]
        raise InputError(
            f"Expected images of {wanted} channels. Received: an image of shape {pixels.shape}"
        )


def _require_pixels(images: Any) -> None:
    """Raises if a batch holds arrays of floats that are scaled, as other networks take them.

    Whole numbers are what they are: an image of zeros and ones is a dark one.
    """
    arrays = [images] if isinstance(images, np.ndarray) else images
    floats = [
        array
        for array in arrays
        if isinstance(array, np.ndarray) and array.dtype.kind == "f" and array.size
    ]
    if not floats:
        return
    lowest = min(float(array.min()) for array in floats)
    highest = max(float(array.max()) for array in floats)
    # Written so that NaN fails too.
    if not 0 <= lowest <= highest <= 255 or 0 < highest <= 1:
        raise InputError(
            f"Expected images with values from 0 to 255. Received: floats from {lowest:g} to "
            f"{highest:g}. Multiply them by 255 if 1 is white"
        )


def image_shape(samples: Source) -> tuple[int, int, int]:
    """Returns the height, width and channels of the images of some samples.

    Args:
        samples: `Source` with one input of kind `image`.

    Returns:
        Tuple of int; of the first image where they differ.

    Raises:
        InputError: if there is no such input, or several.

    Example:

    >>> image_shape(Source.of(np.zeros((5, 8, 9, 3)), range(5)))
    (8, 9, 3)
    """
    height, width, channels = samples.columns[samples.input("image")].shape
    return (height or 0, width or 0, channels or 0)
