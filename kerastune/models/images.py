"""From images of any size to the arrays that a backbone takes."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from kerastune.data import read_image
from kerastune.errors import InputError, reason
from kerastune.files import write_json

_FILE = "images.json"
_LUMINANCE = np.array([0.299, 0.587, 0.114], "float32")  # of red, green and blue


@dataclass(frozen=True)
class ImagePreprocessor:
    """Turns images of any size into one array for a backbone.

    Sides are stretched to the size asked for, bilinearly, with smoothing where they
    shrink. Grey becomes colour by repetition, and colour grey by luminance.

    Args:
        image_shape: tuple of height and width in pixels, and channels.

    Example:

    >>> preprocessor = ImagePreprocessor((4, 4, 3))
    >>> preprocessor([np.zeros((2, 2, 1)), np.full((9, 5, 3), 255)]).shape
    (2, 4, 4, 3)
    """

    image_shape: tuple[int, int, int]

    def __call__(self, images: Iterable[Any]) -> np.ndarray:
        """Bring images to one size.

        Args:
            images: array of shape `(images, height, width, channels)`, or sequence of
                arrays `(height, width, channels)` or paths of image files. Values are from
                0 to 255.

        Returns:
            float32 array of shape `(images, *image_shape)`, values from 0 to 255.

        Raises:
            InputError: if something is not an image, or cannot get that many channels.
        """
        if isinstance(images, np.ndarray) and images.shape[1:] == self.image_shape:
            return images.astype("float32")
        return np.stack([self._fitted(image) for image in images])

    def save(self, directory: str | Path) -> None:
        """Write what `load` needs.

        Args:
            directory: str or path. It is made if it does not exist.

        Example:

        >>> import tempfile
        >>> directory = tempfile.mkdtemp()
        >>> ImagePreprocessor((4, 4, 3)).save(directory)
        >>> ImagePreprocessor.load(directory)
        ImagePreprocessor(image_shape=(4, 4, 3))
        """
        Path(directory).mkdir(parents=True, exist_ok=True)
        write_json(Path(directory) / _FILE, {"image_shape": self.image_shape})

    @classmethod
    def is_saved_in(cls, directory: str | Path) -> bool:
        """Whether a directory holds an `ImagePreprocessor`, and not one for texts."""
        return (Path(directory) / _FILE).is_file()

    @classmethod
    def load(cls, directory: str | Path) -> "ImagePreprocessor":
        """Read what `save` wrote.

        Args:
            directory: str or path, where it was saved.

        Returns:
            An equal `ImagePreprocessor`.

        Raises:
            InputError: the directory does not hold one.
        """
        try:
            settings = json.loads((Path(directory) / _FILE).read_text(encoding="utf-8"))
            height, width, channels = (int(size) for size in settings["image_shape"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                "Expected a directory written by `ImagePreprocessor.save`. Received: "
                f"{str(directory)!r}: {reason(error)}"
            ) from error
        return cls((height, width, channels))

    def _fitted(self, image: Any) -> np.ndarray:
        """One image in the shape asked for."""
        array = read_image(image) if isinstance(image, str | PathLike) else np.asarray(image)
        if array.ndim != 3 or not array.size or array.dtype.kind not in "iufb":
            raise InputError(
                "Expected images of shape (height, width, channels), or paths of image files. "
                f"Received: {array.dtype} of shape {array.shape} among the images"
            )
        pixels = self._with_channels(array.astype("float32"))
        height, width, _ = self.image_shape
        if pixels.shape == self.image_shape:
            return pixels
        # Pillow smooths where an image shrinks; of floats it takes one channel at a time.
        channels = [
            np.asarray(Image.fromarray(channel).resize((width, height), Image.Resampling.BILINEAR))
            for channel in np.moveaxis(pixels, -1, 0)
        ]
        return np.stack(channels, axis=-1)

    def _with_channels(self, pixels: np.ndarray) -> np.ndarray:
        """One image with the channels asked for."""
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
