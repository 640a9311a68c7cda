"""Images, one at a time: from a file, from bytes, from Pillow, or as an array already."""

import io
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, TiffImagePlugin, WebPImagePlugin

from kerastune.errors import InputError, reason

IMAGE_SUFFIXES = (
    ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm",
    ".tif", ".tiff", ".webp",
)  # fmt: skip
"""The suffixes of image files, in any case."""

# Those of these suffixes. Others Pillow gives to programs, such as Ghostscript, by their content.
_FORMATS = (
    *("BMP", "DIB", "GIF", "JPEG", "PNG", "PPM"),
    # Known to Pillow once these are imported.
    TiffImagePlugin.TiffImageFile.format,
    WebPImagePlugin.WebPImageFile.format,
)

_ON_A_SIDE = (5, 6, 7, 8)  # orientations of EXIF in which height and width change places


def is_image_file(path: Path) -> bool:
    """Returns whether the suffix of a file is that of an image.

    Args:
        path: Path.

    Example:

    >>> is_image_file(Path("scan.TIF"))
    True
    """
    return path.suffix.lower() in IMAGE_SUFFIXES


def read_image(path: str | PathLike) -> np.ndarray:
    """Reads one image, upright and in colour.

    An orientation that a camera wrote is applied, transparency is ignored, 16 bits a channel
    become 8, and of several frames the first is read.

    Args:
        path: str or path of a file.

    Returns:
        uint8 array of shape `(height, width, 3)`: red, green, blue.

    Raises:
        InputError: if the file is missing or is not a whole image.

    Example:

    >>> read_image("missing.png")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected an image that can be read. Received: 'missing.png': ...
    """
    return _read(path, repr(str(path)))


def as_image(value: Any) -> np.ndarray:
    """Returns an image as an array, whatever it is given as.

    Args:
        value: a path; an image of Pillow; the bytes of a file, also in a dictionary with `bytes`
            or `path`, as in the Parquet files of Hugging Face; or an array of shape
            `(height, width)` or `(height, width, channels)`.

    Returns:
        Array of shape `(height, width, channels)`.

    Raises:
        InputError: if it is none of these, or cannot be read.

    Example:

    >>> as_image(np.zeros((4, 5), "uint8")).shape, as_image(Image.new("RGB", (5, 4))).shape
    ((4, 5, 1), (4, 5, 3))
    """
    if isinstance(value, str | PathLike):
        return read_image(value)
    if isinstance(value, Image.Image):
        return _upright(value)
    if isinstance(value, Mapping) and ("bytes" in value or "path" in value):
        return as_image(value.get("bytes") or value.get("path"))
    if isinstance(value, bytes):
        return _read(io.BytesIO(value), f"{len(value)} bytes")
    array = np.asarray(value)
    if array.dtype.kind not in "iufb" or array.ndim not in (2, 3) or not array.size:
        raise InputError(
            "Expected an image: a path, an image of Pillow, bytes, or an array of shape (height, "
            f"width, channels). Received: {type(value).__name__}, {array.dtype} of shape "
            f"{array.shape}"
        )
    return array if array.ndim == 3 else array[:, :, np.newaxis]


def could_be_image(value: Any) -> bool:
    """Returns whether a value looks like an image, or like the path of one, without reading it.

    Args:
        value: anything.

    Example:

    >>> could_be_image("cat/1.JPG"), could_be_image("a cat"), could_be_image(np.zeros((4, 4, 3)))
    (True, False, True)
    """
    if isinstance(value, str | PathLike):
        return is_image_file(Path(value))
    if isinstance(value, Mapping):
        return "bytes" in value or could_be_image(value.get("path"))
    if isinstance(value, Image.Image | bytes):
        return True
    return isinstance(value, np.ndarray | list) and np.ndim(value) in (2, 3)


class Images(Sequence):
    """Images, each read when it is asked for.

    Args:
        values: sequence of what `as_image` takes.
        positions: sequence of int, those of the values that are wanted. Defaults to all.

    Example:

    >>> Images([np.zeros((4, 5))])[0].shape
    (4, 5, 1)
    """

    def __init__(self, values: Sequence[Any], positions: Sequence[int] | None = None) -> None:
        self._values = values
        self._positions = range(len(values)) if positions is None else positions

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, position: Any) -> Any:
        return as_image(self._values[int(self._positions[position])])

    def item_key(self, position: int) -> str | None:
        """Returns the name and the size of a file, which tell it from others wherever it lies."""
        value = self._values[int(self._positions[position])]
        if not isinstance(value, str | PathLike):
            return None
        path = Path(value)
        try:
            return f"{path.name} {path.stat().st_size}"
        except OSError:
            return path.name  # It has gone since it was read; the model is trained already.


def is_whole(value: Any) -> bool:
    """Returns whether a file, or anything else that `as_image` takes, is an image to its end.

    Args:
        value: a path is read at an eighth of its size where that is faster; anything else is
            taken for whole.

    Example:

    >>> is_whole("missing.png")
    False
    """
    if not isinstance(value, str | PathLike):
        return True
    try:
        with Image.open(value, formats=_FORMATS) as image:
            image.draft("L", (1, 1))  # A JPEG is read several times faster at an eighth.
            image.load()
    except Exception:  # As in `_read`.
        return False
    return True


def whole_size(path: str | PathLike) -> tuple[int, int]:
    """Returns the height and width of an image, once the file is read to its end.

    Args:
        path: str or path of a file, read at an eighth of its size where that is faster.

    Returns:
        Tuple of int, in pixels, as `read_image` turns it.

    Raises:
        InputError: if the file is missing or is not a whole image.

    Example:

    >>> whole_size("missing.png")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected an image that can be read. Received: 'missing.png': ...
    """
    try:
        with Image.open(path, formats=_FORMATS) as image:
            width, height = image.size
            is_turned = image.getexif().get(ExifTags.Base.Orientation) in _ON_A_SIDE
            image.draft("L", (1, 1))
            image.load()
    # As in `_read`.
    except Exception as error:
        raise _unreadable(repr(str(path)), error) from error
    return (width, height) if is_turned else (height, width)


def _read(source: Any, name: str) -> np.ndarray:
    try:
        with Image.open(source, formats=_FORMATS) as file:
            return _upright(file)
    # Pillow's readers share no family of errors.
    except Exception as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: Exception) -> InputError:
    return InputError(f"Expected an image that can be read. Received: {name}: {reason(error)}")


def _upright(file: Image.Image) -> np.ndarray:
    """Returns an image of Pillow, turned as the camera was held, in colour, in eight bits."""
    image: Image.Image = ImageOps.exif_transpose(file)
    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image) // 256).astype("uint8"))
    if image.mode == "F":
        values = np.asarray(image)
        # Written so that NaN fails too.
        if not 0 <= values.min() <= values.max() <= 255 or 0 < values.max() <= 1:
            raise InputError(
                f"values from 0 to 255 are expected of floats, and are from {values.min():g} to "
                f"{values.max():g}"
            )
    return np.asarray(image.convert("RGB"))
