"""Columns of many rows that are read some rows at a time, and never all at once."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from kerastune.lazy_polars import polars

ROWS_IN_MEMORY = 65_536
"""The most rows of which a column is held as a list; what has more is read in pieces."""

PIECE = 16_384
"""How many rows a piece has."""


class InPieces(Sequence):
    """A column whose rows are read when they are asked for; a base class.

    A subclass has a length and implements `pieces` and `at`. `dtype` is the type of Polars that
    the values have in their file, or None where the file has no types.
    """

    dtype: "polars.DataType | None" = None

    @abstractmethod
    def pieces(self) -> Iterator[Any]:
        """Yields all values in order: lists, arrays or series of Polars of some rows each."""

    @abstractmethod
    def at(self, positions: np.ndarray) -> list[Any]:
        """Returns the values at some positions.

        Args:
            positions: int array.
        """

    def __iter__(self) -> Iterator[Any]:
        for piece in self.pieces():
            yield from as_list(piece)

    def __getitem__(self, position: Any) -> Any:
        if isinstance(position, slice):
            return self.at(np.arange(len(self))[position])
        return self.at(np.array([range(len(self))[position]]))[0]


class Rows(InPieces):
    """Some rows of a column that is read in pieces.

    Args:
        column: `InPieces`.
        positions: int array, the rows. Columns of one table may share it.

    Example:

    >>> Rows(Converted(["a", "b", "c"], lambda start, piece: piece), np.array([2, 0]))[1]
    'a'
    """

    def __init__(self, column: InPieces, positions: np.ndarray) -> None:
        self.column = column
        self.positions = positions

    def __len__(self) -> int:
        return len(self.positions)

    def pieces(self) -> Iterator[list[Any]]:
        """Yields the values in order, some rows at a time."""
        for start in range(0, len(self), PIECE):
            yield self.column.at(self.positions[start : start + PIECE])

    def at(self, positions: np.ndarray) -> list[Any]:
        """Returns the values at some positions."""
        return self.column.at(self.positions[positions])


class Converted(InPieces):
    """A column with a function on its values, which is called whenever they are read.

    Args:
        values: sequence, or `InPieces`.
        function: function from where a piece starts, int, and its values to a list of as many.

    Example:

    >>> list(Converted(["a ", "b"], lambda start, piece: [text.strip() for text in piece]))
    ['a', 'b']
    """

    def __init__(self, values: Any, function: Callable[[int, Any], list[Any]]) -> None:
        self._values = values
        self._function = function

    def __len__(self) -> int:
        return len(self._values)

    def pieces(self) -> Iterator[list[Any]]:
        """Yields the values in order, some rows at a time."""
        for start, piece in pieces_of(self._values):
            yield self._function(start, piece)

    def at(self, positions: np.ndarray) -> list[Any]:
        """Returns the values at some positions."""
        return [self._function(int(at), self._values[int(at) : int(at) + 1])[0] for at in positions]


def pieces_of(values: Any) -> Iterator[tuple[int, Any]]:
    """Yields the values of a column in order, with the position of the first of each piece.

    Args:
        values: `InPieces`, array or series, of which pieces are read or cut; any other sequence
            is one piece.

    Returns:
        Iterator of tuples of int and values.

    Example:

    >>> list(pieces_of(["a", "b"]))
    [(0, ['a', 'b'])]
    """
    start = 0
    if isinstance(values, InPieces):
        for piece in values.pieces():
            yield start, piece
            start += len(piece)
    elif isinstance(values, np.ndarray | polars.Series):
        for start in range(0, len(values), PIECE):
            yield start, values[start : start + PIECE]
    else:
        yield 0, values


def as_list(values: Any) -> Sequence[Any]:
    """Returns values one can walk over; those of an array or series as Python's own.

    Args:
        values: array, series of Polars or sequence.

    Example:

    >>> as_list(np.array([1, 2]))
    [1, 2]
    """
    if isinstance(values, np.ndarray):
        if values.dtype.kind == "M":
            values = values.astype("datetime64[us]")
        return values.tolist()
    if isinstance(values, polars.Series):
        return values.to_list()
    return values


def dtype_of(values: Any) -> "polars.DataType | None":
    """Returns the type of Polars of a column, or None where it has none.

    Args:
        values: the values of a column.

    Example:

    >>> dtype_of(["a"]) is None
    True
    """
    if isinstance(values, InPieces):
        return values.dtype
    return values.dtype if isinstance(values, polars.Series) else None
