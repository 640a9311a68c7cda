"""Paths of the images that a table lists."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from kerastune.data.folder_trees import visible_files
from kerastune.data.given_tables import GivenTable
from kerastune.data.image_files import is_image_file, is_whole
from kerastune.errors import InputError


def find_images(
    names: Sequence[str], root: Path, table: GivenTable
) -> tuple[list[Path | None], np.ndarray, tuple[str, ...]]:
    """Returns the files of images that a table names, and which are whole.

    A name is a path, absolute, or relative to the folder of the table or the working folder; or
    else the end of the path of one image in the folder of the table, also without its suffix,
    as with identifiers.

    Args:
        names: sequence of str, the paths as they are spelled; blank where there is none.
        root: Path, the folder of the table.
        table: `GivenTable`, for messages.

    Returns:
        A tuple of the path of each, or None; the positions of those that are whole images; and
        notes on the others.

    Raises:
        InputError: if none is there, or a name could be one of several.

    Example:

    >>> import tempfile
    >>> from PIL import Image
    >>> root = Path(tempfile.mkdtemp())
    >>> (root / "photos").mkdir()
    >>> Image.new("RGB", (4, 4)).save(root / "photos" / "7.png")
    >>> table = GivenTable({"id": [7, 8]}, "list.csv")
    >>> files, rows, notes = find_images(["7", "8"], root, table)
    >>> files[0].name, rows.tolist(), notes
    ('7.png', [0], ("1 of 2 rows dropped: no such image, the first is '8' in row 2",))
    """
    beside = ImagesBeside(root)
    files = [beside.find(name, table.where(row)) for row, name in enumerate(names)]
    there = [row for row, file in enumerate(files) if file is not None]
    if not there:
        raise InputError(
            f"Expected images that {table.name} lists. Received: no such file for any of "
            f"{len(names)} rows, such as {names[0]!r}. Give paths from the folder {root}"
        )
    with ThreadPoolExecutor() as threads:
        whole = list(threads.map(is_whole, [files[row] for row in there]))
    kept = [row for row, good in zip(there, whole, strict=True) if good]
    blank = [row for row, name in enumerate(names) if not name.strip()]
    missing = [row for row, name in enumerate(names) if name.strip() and files[row] is None]
    broken = sorted(set(there) - set(kept))
    notes = []
    reasons = {"no image": blank, "no such image": missing, "no whole image": broken}
    for why, rows in reasons.items():
        if rows:
            first = f"{names[rows[0]]!r} in {table.where(rows[0])}"
            notes.append(f"{len(rows)} of {len(names)} rows dropped: {why}, the first is {first}")
    return files, np.array(kept, dtype=int), tuple(notes)


class ImagesBeside:
    """Finds the images that a table lists, in its folder.

    Args:
        root: Path of the folder. It is looked through once, when a path leads nowhere.

    Example:

    >>> ImagesBeside(Path("no/such/folder")).find("", "row 1") is None
    True
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._found: dict[str, list[Path]] | None = None

    def find(self, name: str, where: str) -> Path | None:
        """Returns the file of an image, or None if there is none, see `find_images`.

        Args:
            name: str, as it is spelled.
            where: str, where the name is, for messages.

        Raises:
            InputError: if it could be one of several.
        """
        plain = name.strip().replace("\\", "/")
        file = _direct(plain, self._root)
        if file is not None or not plain:
            return file
        if self._found is None:
            self._found = _by_end(self._root)
        return _only(self._found.get(plain.removeprefix("./"), []), plain, where)


def _direct(name: str, root: Path) -> Path | None:
    """Returns the file that a path leads to, from the folder of the table or the working folder."""
    if not name:
        return None
    try:
        return next((path for path in (root / name, Path(name)) if path.is_file()), None)
    except (OSError, ValueError):
        return None


def _by_end(root: Path) -> dict[str, list[Path]]:
    """Returns the images in a folder, by each end of their paths, with and without suffix."""
    found: dict[str, list[Path]] = {}
    for file in filter(is_image_file, visible_files(root)):
        parts = file.relative_to(root).parts
        for start in range(len(parts)):
            end = "/".join(parts[start:])
            found.setdefault(end, []).append(file)
            found.setdefault(end.removesuffix(file.suffix), []).append(file)
    return found


def _only(files: Sequence[Path], name: str, where: str) -> Path | None:
    """Returns the only file, or None; the error for several."""
    if len(files) > 1:
        raise InputError(
            f"Expected one image called {name!r}. Received: {len(files)}, {files[0]} and "
            f"{files[1]}, in {where}. Give paths with folders"
        )
    return files[0] if files else None
