"""Arrays in files of NumPy of unknown origin; never a pickle."""

import zipfile
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import IO

import numpy as np

from kerastune.untrusted.reading import quoted, require_file
from kerastune.untrusted.zip_members import require_plain_members

_ENDING = ".npy"
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def open_array(path: Path) -> np.ndarray:
    """Returns the array in an `.npy` file, read from the disk where it is used.

    Args:
        path: path of the file.

    Returns:
        Array of numbers, booleans or texts, which cannot be written to.

    Raises:
        OSError: if there is no such file.
        ValueError: if it holds something else, such as Python objects, which are code; or claims
            more than it has bytes.

    Example:

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "a.npy")
    >>> np.save(file, np.array([print], dtype=object))
    >>> open_array(file)
    Traceback (most recent call last):
        ...
    ValueError: it holds Python objects, which are not read
    """
    require_file(path)
    with open(path, "rb") as file:
        require_array(file, path.stat().st_size)
    found: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return found


def open_arrays(path: Path) -> Mapping[str, np.ndarray]:
    """Returns the arrays in an `.npz` file by name, each read when it is asked for.

    Args:
        path: path of the file.

    Returns:
        A mapping, whose arrays are checked.

    Raises:
        OSError: if there is no such file.
        ValueError: if it is no archive of arrays, or one of them is as in `open_array`.

    Example:

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "a.npz")
    >>> np.savez(file, x=np.ones(2))
    >>> open_arrays(file)["x"]
    array([1., 1.])
    """
    require_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            require_plain_members(archive)
            names = tuple(_checked(archive))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"it is no .npz archive, or damaged: {error}") from error
    return _Arrays(path, names)


def require_array(file: IO[bytes], size: int) -> None:
    """Raises unless a file begins as an array of numbers or texts that it has bytes for.

    Args:
        file: a file of bytes at its start.
        size: int, its length.

    Raises:
        ValueError: if it does not.

    Example:

    >>> import io
    >>> require_array(io.BytesIO(b"nothing"), 7)
    Traceback (most recent call last):
        ...
    ValueError: it holds no array
    """
    try:
        shape, _, dtype = _HEADERS[np.lib.format.read_magic(file)](file)
    # The header is text of Python, whose reader has errors of many classes.
    except Exception as error:
        raise ValueError("it holds no array") from error
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are not read")
    if any(side < 0 for side in shape) or prod(shape) * dtype.itemsize > size:
        raise ValueError(f"an array of shape {quoted(shape)} is not in {size:,} bytes")


def _checked(archive: zipfile.ZipFile) -> Iterator[str]:
    """Yields the names of arrays, each of which begins as one."""
    for member in archive.infolist():
        name = member.filename.removesuffix(_ENDING)
        try:
            with archive.open(member) as file:
                require_array(file, member.file_size)
        except ValueError as error:
            raise ValueError(f"{quoted(name)}: {error}") from error
        yield name


class _Arrays(Mapping[str, np.ndarray]):
    """The arrays of an archive, by name."""

    def __init__(self, path: Path, names: tuple[str, ...]) -> None:
        self._path, self._names = path, names

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._names:
            raise KeyError(name)
        try:
            with np.load(self._path, allow_pickle=False) as file:
                found: np.ndarray = file[name]
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
            raise ValueError(f"{quoted(name)} is damaged: {error}") from error
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
