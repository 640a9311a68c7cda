"""Columns of many rows in files that are mapped into memory, from which few rows are read.

The files are in the folder for temporary files, `TMPDIR`, and are gone with the last array that
reads them, also after a crash: on Unix they have no name.
"""

import mmap
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from kerastune.data.in_pieces import PIECE, InPieces
from kerastune.errors import InputError


class MappedTexts(InPieces):
    """Texts in a mapped file, in the layout of Arrow: their bytes, and where each starts and ends.

    Args:
        content: uint8 array, the texts in UTF-8, one behind the other.
        ends: int64 array of shape `(texts,)`, where each text ends in it.
        missing: bool array of shape `(texts,)`, which of them are None.

    Example:

    >>> texts = mapped_texts([["a joy", None], ["été"]])
    >>> len(texts), texts[2], list(texts)
    (3, 'été', ['a joy', None, 'été'])
    """

    def __init__(self, content: np.ndarray, ends: np.ndarray, missing: np.ndarray) -> None:
        self._content = content
        self._ends = ends
        self._missing = missing

    def __len__(self) -> int:
        return len(self._ends)

    def pieces(self) -> Iterator[list[str | None]]:
        """Yields the texts in order, some at a time."""
        for start in range(0, len(self), PIECE):
            yield self._between(start, min(start + PIECE, len(self)))
            # What is read once from one end to the other need not stay in memory.
            _release(self._content)

    def _between(self, first: int, stop: int) -> list[str | None]:
        """Returns texts that lie side by side."""
        begin = int(self._ends[first - 1]) if first else 0
        content = self._content[begin : int(self._ends[stop - 1])].tobytes()
        if not content.isascii():
            return self.at(np.arange(first, stop))
        # One character is one byte, and all are decoded at once.
        text, ends = content.decode("ascii"), (self._ends[first:stop] - begin).tolist()
        missing = self._missing[first:stop].tolist()
        return [
            None if absent else text[start:end]
            for start, end, absent in zip([0, *ends], ends, missing, strict=False)
        ]

    def at(self, positions: np.ndarray) -> list[str | None]:
        """Returns the texts at some positions.

        Args:
            positions: int array.
        """
        ends = self._ends[positions]
        starts = np.where(positions > 0, self._ends[positions - 1], 0)
        content = memoryview(self._content.data)
        return [
            None if missing else str(content[start:end], "utf-8", "surrogatepass")
            for start, end, missing in zip(
                starts.tolist(), ends.tolist(), self._missing[positions].tolist(), strict=True
            )
        ]


class MappedDates(InPieces):
    """Dates in a mapped file.

    Args:
        stamps: datetime64 array in microseconds, NaT for None.

    Example:

    >>> MappedDates(np.array(["2024-02-29", "NaT"], "datetime64[us]"))[0]
    datetime.datetime(2024, 2, 29, 0, 0)
    """

    def __init__(self, stamps: np.ndarray) -> None:
        self._stamps = stamps

    def __len__(self) -> int:
        return len(self._stamps)

    def pieces(self) -> Iterator[list[datetime | None]]:
        """Yields the dates in order, some at a time."""
        for start in range(0, len(self), PIECE):
            yield self._stamps[start : start + PIECE].tolist()

    def at(self, positions: np.ndarray) -> list[datetime | None]:
        """Returns the dates at some positions.

        Args:
            positions: int array.
        """
        return self._stamps[positions].tolist()


class MappedWriter:
    """A file for an array that is written piece by piece, and then mapped.

    Args:
        dtype: the type of the array's numbers.

    Example:

    >>> writer = MappedWriter("int64")
    >>> writer.add(np.array([1, 2]))
    >>> writer.add(np.array([3]))
    >>> writer.mapped().tolist()
    [1, 2, 3]
    """

    def __init__(self, dtype: Any) -> None:
        self._dtype = np.dtype(dtype)
        self._length = 0
        self._file: Any = tempfile.TemporaryFile(prefix="kerastune-")  # noqa: SIM115
        # Also where an error ends the writing.
        self._close = weakref.finalize(self, self._file.close)

    def add(self, values: np.ndarray | bytes) -> None:
        """Writes numbers behind those before.

        Args:
            values: array, or the bytes of one.

        Raises:
            InputError: if the disk is full.
        """
        content = values if isinstance(values, bytes) else values.astype(self._dtype).tobytes()
        try:
            self._file.write(content)
        except OSError as error:
            raise InputError(
                f"Expected room for temporary files in {tempfile.gettempdir()}. Received: "
                f"{error.strerror}. Set TMPDIR to a folder on a larger disk"
            ) from error
        self._length += len(content) // self._dtype.itemsize

    def mapped(self) -> np.ndarray:
        """Returns the array, which can be changed in memory alone."""
        if not self._length:
            return np.empty(0, self._dtype)
        self._file.flush()
        pages = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_COPY)
        self._close()
        return np.frombuffer(pages, self._dtype)


class TextWriter:
    """A file for texts that are written some at a time, and then mapped.

    Example:

    >>> writer = TextWriter()
    >>> writer.add(["a joy", None])
    >>> list(writer.mapped())
    ['a joy', None]
    """

    def __init__(self) -> None:
        self._content = MappedWriter("uint8")
        self._ends = MappedWriter("int64")
        self._missing = MappedWriter("bool")
        self._end = 0

    def add(self, texts: Sequence[str | None]) -> None:
        """Writes texts behind those before.

        Args:
            texts: sequence of str or None.
        """
        if not texts:
            return
        given = [text or "" for text in texts]
        joined = "".join(given)
        content = joined.encode("utf-8", "surrogatepass")
        sizes = [len(text) for text in given]
        if len(content) > len(joined):  # A character may be several bytes.
            sizes = [len(text.encode("utf-8", "surrogatepass")) for text in given]
        ends = self._end + np.cumsum(sizes, dtype="int64")
        self._content.add(content)
        self._ends.add(ends)
        self._missing.add(np.array([text is None for text in texts], "bool"))
        self._end = int(ends[-1])

    def mapped(self) -> MappedTexts:
        """Returns the texts."""
        return MappedTexts(self._content.mapped(), self._ends.mapped(), self._missing.mapped())


def mapped_texts(pieces: Iterable[Sequence[str | None]]) -> MappedTexts:
    """Writes texts into a mapped file.

    Args:
        pieces: iterable of lists of str or None.

    Example:

    >>> mapped_texts([["a", "b"], ["c"]])[2]
    'c'
    """
    writer = TextWriter()
    for piece in pieces:
        writer.add(piece)
    return writer.mapped()


def mapped_array(pieces: Iterable[np.ndarray], dtype: Any) -> np.ndarray:
    """Writes numbers into a mapped file.

    Args:
        pieces: iterable of arrays.
        dtype: the type of the numbers.

    Returns:
        Array of shape `(numbers,)`.

    Example:

    >>> mapped_array([np.array([1.5]), np.array([2.5])], "float64").tolist()
    [1.5, 2.5]
    """
    writer = MappedWriter(dtype)
    for piece in pieces:
        writer.add(piece)
    return writer.mapped()


def _release(values: np.ndarray) -> None:
    """Lets go of the pages of a mapped file that nobody has changed; they are read again."""
    held = _mapping_of(values)
    if held is not None and hasattr(mmap, "MADV_DONTNEED"):
        held.madvise(mmap.MADV_DONTNEED)


def is_mapped(values: Any) -> bool:
    """Returns whether an array is in a mapped file.

    Args:
        values: anything.

    Example:

    >>> is_mapped(np.zeros(3)), is_mapped(mapped_array([np.zeros(3)], "float64")[1:])
    (False, True)
    """
    return _mapping_of(values) is not None


def _mapping_of(values: Any) -> mmap.mmap | None:
    """Returns the mapped file that an array is in, or None."""
    while isinstance(values, np.ndarray):
        values = values.base
    held = values.obj if isinstance(values, memoryview) else values
    return held if isinstance(held, mmap.mmap) else None
