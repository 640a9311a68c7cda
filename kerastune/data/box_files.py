"""Image files with boxes, wherever these are written down."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from kerastune.data.boxes import detection_source
from kerastune.data.image_files import Images, whole_size
from kerastune.data.image_paths import ImagesBeside
from kerastune.data.source import Source
from kerastune.errors import InputError


def image_files(
    names: Sequence[str], root: Path, listed_in: Path, described: Sequence[Path] | None = None
) -> list[Path]:
    """Returns the files of images.

    Args:
        names: sequence of str, their names, paths or ends of paths.
        root: Path of the folder that paths begin in, or that holds them at any depth.
        listed_in: Path of what names them, for messages.
        described: sequence of Path, the file that names each image. Defaults to `listed_in` for
            all.

    Returns:
        List of Path.

    Raises:
        InputError: with the name of the first that is missing, or could be one of several.

    Example:

    >>> import tempfile
    >>> image_files(["1.png"], Path(tempfile.mkdtemp()), Path("list.json"))
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected all images that list.json names, in ... no file '1.png'
    """
    beside = ImagesBeside(root)
    found = []
    for at, name in enumerate(names):
        where = str(listed_in if described is None else described[at])
        file = beside.find(name, where)
        if file is None:
            raise InputError(
                f"Expected all images that {where} names, in {root}. Received: no file {name!r}"
            )
        found.append(file)
    return found


def source_of_files(
    files: Sequence[Path],
    corners: Sequence[Any],
    labels: Sequence[Sequence[str]],
    class_names: Sequence[str] | None,
    *,
    name: str,
    notes: Sequence[str] = (),
) -> Source:
    """Returns images in files and their boxes as samples, once both are checked.

    Args:
        files: sequence of Path.
        corners: sequence of array-likes of shape `(objects, 4)`, as for `detection_source`.
        labels: sequence of as many sequences of str.
        class_names: sequence of str, the classes that are known, or None for those of the labels.
        name: str, what the samples are.
        notes: sequence of str, what was done to them. Defaults to none.

    Returns:
        A `Source`.

    Raises:
        InputError: with the path of an image that is not whole, or has a box that is wrong.
    """
    with ThreadPoolExecutor() as threads:
        sizes = list(threads.map(whole_size, files))
    return detection_source(
        Images(list(files)),
        sizes,
        corners,
        labels,
        class_names,
        name=name,
        where=lambda row: str(files[row]),
        notes=notes,
    )
