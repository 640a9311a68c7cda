"""Folders of image files, one subfolder for each class."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from os import PathLike
from pathlib import Path

from kerastune.data.folder_names import described_files, name_no_classes
from kerastune.data.folder_trees import class_files, visible_files
from kerastune.data.image_files import IMAGE_SUFFIXES, Images, is_image_file, is_whole
from kerastune.data.labels import encode_labels
from kerastune.data.source import Source
from kerastune.errors import InputError, WrongDataError, reason


def read_image_folder(path: str | PathLike, *, class_names: Sequence[str] | None = None) -> Source:
    """Reads image files whose folder is their label: `path/label/*.jpg`.

    Suffixes are those of `IMAGE_SUFFIXES`, in any case; see `class_files` for which folders are
    classes. Files are in the order of their names, and read when they are asked for, so that
    the data may be larger than the memory. Each is read once at the start too: what cannot be
    is left out, as is anything else in the folder, and `Source.notes` tells how many. Hidden
    files are ignored.

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
    >>> from PIL import Image
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
        found = class_files(path, is_image_file, "an image")
        if not found.files or (class_names is None and name_no_classes(set(found.labels))):
            raise _no_classes(path)
    except OSError as error:
        raise InputError(
            f"Expected a folder that can be read. Received: {path}: {reason(error)}"
        ) from error
    whole, notes = whole_images(found.files, path)
    indices = [index for index, file in enumerate(found.files) if file in whole]
    if not indices:
        raise InputError(f"Expected images in {path}. Received: {'; '.join(notes)}")
    files = [found.files[index] for index in indices]
    labels, names = encode_labels(
        [found.labels[index] for index in indices],
        class_names,
        where=lambda position: str(files[position]),
    )
    return Source.of(
        Images(files),
        labels,
        class_names=names,
        name=path.resolve().name,
        notes=found.notes + notes,
    )


def whole_images(files: Sequence[Path], root: Path) -> tuple[set[Path], tuple[str, ...]]:
    """Returns those of some files that can be read to their end, and a note on the others.

    Args:
        files: sequence of Path.
        root: Path, the folder that they are named from in the note.

    Example:

    >>> whole_images([Path("a/1.png")], Path("a"))
    (set(), ('1 of 1 files dropped: not whole images, the first is 1.png',))
    """
    with ThreadPoolExecutor() as threads:
        are_whole = list(threads.map(is_whole, files))
    whole = {file for file, good in zip(files, are_whole, strict=True) if good}
    if len(whole) == len(set(files)):
        return whole, ()
    broken = next(file for file in files if file not in whole)
    shown = broken.relative_to(root) if broken.is_relative_to(root) else broken
    return whole, (
        f"{are_whole.count(False)} of {len(files)} files dropped: not whole images, the first is "
        f"{shown.as_posix()}",
    )


def _no_classes(path: Path) -> InputError:
    """Returns the error for a folder in which images lie in no folders of classes."""
    files = visible_files(path)
    images = [file for file in files if is_image_file(file)]
    advice = (
        "Give a CSV file that lists their paths and labels, or move them to folders of classes"
        if images
        else "Choose another folder, or a recipe for texts"
        if any(file.suffix.lower() == ".txt" for file in files)
        else f"Images are {', '.join(IMAGE_SUFFIXES)}"
    )
    where = f", the images in {_folders(images, path)}" if images else ""
    return WrongDataError(
        f"Expected one subfolder of images for each class in {path}. Received: "
        f"{described_files(files)}{where}. {advice}"
    )


def _folders(files: Sequence[Path], root: Path) -> str:
    """Returns the folders that files lie in, for a message."""
    names = sorted({file.parent.relative_to(root).as_posix() for file in files})
    shown = ["the folder itself" if name == "." else repr(name) for name in names]
    more = len(shown) - 4
    return ", ".join(shown[:4]) + (f" and {more} more" if more > 0 else "")
