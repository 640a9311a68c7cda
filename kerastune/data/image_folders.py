"""Folders of image files, one subfolder for each class."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from kerastune.data.folders import listed, visible
from kerastune.data.labels import encode_labels
from kerastune.data.source import Source
from kerastune.errors import InputError, reason

IMAGE_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")


def read_image_folder(path: str | PathLike, *, class_names: Sequence[str] | None = None) -> Source:
    """Reads image files whose subfolder is their label: `path/label/*.jpg`.

    The suffix of an image is `.bmp`, `.gif` (its first frame), `.jpeg`, `.jpg`, `.png` or
    `.webp`. Files are in the order of their names, and read when they are asked for, so
    that the data may be larger than the memory. Each is read once at the start too: what
    cannot be is left out, as is anything else in a subfolder, and `Source.notes` tells how
    many. Hidden files are ignored.

    Args:
        path: str or path of the folder.
        class_names: sequence of str, the classes that are known. Give the training
            data's when reading test data. By default, the subfolders, sorted.

    Returns:
        A `Source` with the input `image`, uint8 arrays of shape `(height, width, 3)`, see
        `read_image`, that may differ in size, and the target `label`.

    Raises:
        InputError: if the folder is missing or cannot be read, has no subfolder with
            images or only one, or a subfolder is not among the `class_names`.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp())
    >>> for label in ("cat", "dog"):
    ...     (path / label).mkdir()
    ...     Image.new("RGB", (5, 4)).save(path / label / "1.png")
    >>> source = read_image_folder(path)
    >>> source.values["image"][0].shape, source.columns["label"].class_names
    ((4, 5, 3), ('cat', 'dog'))
    """
    path = Path(path)
    try:
        _, files, ignored = listed(path, lambda file: file.suffix.lower() in IMAGE_SUFFIXES)
    except OSError as error:
        raise InputError(
            f"Expected a folder that can be read. Received: {path}: {reason(error)}"
        ) from error
    with ThreadPoolExecutor() as threads:
        whole = [file for file, is_whole in threads.map(_tried, files) if is_whole]
    notes = []
    if ignored:
        notes.append(f"{ignored} ignored: not an image in a subfolder")
    if len(whole) < len(files):
        broken = next(file for file in files if file not in set(whole))
        notes.append(
            f"{len(files) - len(whole)} of {len(files)} files dropped: not whole images, "
            f"the first is {broken.relative_to(path)}"
        )
    if not whole:
        raise InputError(
            f"Expected one subfolder of images ({', '.join(IMAGE_SUFFIXES)}) for each class in "
            f"{path}. Received: {'; '.join(notes) or 'no images'}"
        )
    labels, names = encode_labels(
        [file.parent.name for file in whole],
        class_names,
        where=lambda position: str(whole[position]),
    )
    return Source.of(
        _ImageFiles(whole),
        labels,
        class_names=names,
        name=path.resolve().name,
        notes=tuple(notes),
    )


def holds_images(path: Path) -> bool:
    """Whether the subfolders of a folder hold images, and not texts.

    Args:
        path: Path of a folder.

    Returns:
        True for images; False for texts, or if there is neither.

    Raises:
        InputError: if there are both.

    Example:

    >>> import tempfile
    >>> holds_images(Path(tempfile.mkdtemp()))
    False
    """
    try:
        files = [file for folder in visible(path) if folder.is_dir() for file in visible(folder)]
    except OSError:
        return False  # Its reader tells what is wrong with the folder.
    images = sum(file.suffix.lower() in IMAGE_SUFFIXES for file in files)
    texts = sum(file.suffix == ".txt" for file in files)
    if images and texts:
        raise InputError(
            f"Expected a folder of images or of texts. Received: {path}, with {images} images and "
            f"{texts} .txt files in its subfolders. Move one kind elsewhere"
        )
    return images > 0


def read_image(path: str | PathLike) -> np.ndarray:
    """Reads one image, upright and in colour.

    An orientation that a camera wrote is applied, transparency is ignored, and 16 bits a
    channel become 8.

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
    try:
        with Image.open(path) as file:
            return pixels(file)
    # Pillow's readers share no family of errors.
    except Exception as error:
        raise InputError(
            f"Expected an image that can be read. Received: {str(path)!r}: {reason(error)}"
        ) from error


def pixels(image: Image.Image) -> np.ndarray:
    """The pixels of a PIL image, upright and in colour, as `read_image` gives them.

    Args:
        image: PIL image of any mode.

    Returns:
        uint8 array of shape `(height, width, 3)`: red, green, blue.

    Example:

    >>> pixels(Image.new("L", (5, 4))).shape
    (4, 5, 3)
    """
    upright: Image.Image = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        upright = Image.fromarray((np.asarray(upright) // 256).astype("uint8"))
    return np.asarray(upright.convert("RGB"))


class _ImageFiles(Sequence):
    """Images in files, each read when it is asked for."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, position: Any) -> Any:
        return read_image(self._files[position])


def _tried(file: Path) -> tuple[Path, bool]:
    """A file, and whether it is an image that can be read to its end."""
    try:
        with Image.open(file) as image:
            image.draft("L", (1, 1))  # A JPEG is read several times faster at an eighth.
            image.load()
    except Exception:  # As in `read_image`.
        return file, False
    return file, True
