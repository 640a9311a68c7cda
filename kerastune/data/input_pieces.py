"""Some rows of inputs at a time, checked one by one, so that no more than these are held."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from PIL import Image

from kerastune.data.columns import Column
from kerastune.data.given_tables import GivenTable
from kerastune.data.missing import is_absent
from kerastune.data.single_inputs import described_inputs, is_table
from kerastune.data.source import Source
from kerastune.data.wide_tables import open_table_like
from kerastune.errors import InputError
from kerastune.lazy_polars import polars

_MOST_ROWS = 2048
_MOST_BYTES = 2**25

Cells = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class InputPiece:
    """Some rows of inputs, as they were given.

    Args:
        cells: dictionary from the name of each input to its values.
        columns: dictionary from the name of each input to its `Column`.
        rows: int array, where each row is in all the inputs, counted from 0.
        name: str, what the inputs are, for messages.
        spelled: bool, whether values are of a format without types, in which also numbers are
            text. Defaults to False.

    Example:

    >>> columns = {"text": Column("text")}
    >>> piece = InputPiece({"text": ["a", " "]}, columns, np.array([4, 5]), "texts")
    >>> piece.unusable(), piece.select([0]).read().values
    ({1: "no text in 'text'"}, {'text': ['a']})
    """

    cells: Cells
    columns: Mapping[str, Column]
    rows: np.ndarray
    name: str
    spelled: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def select(self, positions: Sequence[int]) -> "InputPiece":
        """Returns the rows at some positions.

        Args:
            positions: sequence of int.
        """
        cells = {name: _at(values, positions) for name, values in self.cells.items()}
        return replace(self, cells=cells, rows=self.rows[np.asarray(positions, int)])

    def where(self, position: int) -> str:
        """Returns the position of a row for a message.

        Args:
            position: int, the row among those of the piece.
        """
        return f"row {int(self.rows[position]) + 1}"

    def read(self) -> Source:
        """Returns the rows as samples without targets.

        Returns:
            A `Source`, whose `rows` are those of all the inputs.

        Raises:
            InputError: if a value does not fit its column.
        """
        if is_table(self.columns):
            table = GivenTable(self.cells, self.name, self.spelled, self.where)
            return replace(open_table_like(table, self.columns), rows=self.rows)
        return Source(dict(self.cells), dict(self.columns), (), self.name, rows=self.rows)

    def unusable(self) -> dict[int, str]:
        """Returns the rows with nothing to answer for, by the rule of `kerastune.data.missing`.

        Returns:
            Dictionary from the position of each to what is wrong. Gaps in tables are none.
        """
        found: dict[int, str] = {}
        for name, column in self.columns.items():
            rule = _UNUSABLE.get(column.kind)
            if rule is None:
                continue
            for position, value in enumerate(self.cells[name]):
                fault = rule(value)
                if fault:
                    found.setdefault(position, f"{fault} in {name!r}")
        return found

    def require_usable(self) -> None:
        """Raises if a row is unusable.

        Raises:
            InputError: with the first such row.
        """
        for position, fault in self.unusable().items():
            raise InputError(
                f"Expected inputs without gaps. Received: {fault} of {self.where(position)}. "
                f"{described_inputs(self.columns)}"
            )


def pieces_of(
    chunks: Iterable[Cells], columns: Mapping[str, Column], name: str, *, spelled: bool = False
) -> Iterator[InputPiece]:
    """Yields pieces of rows whose positions go on from one to the next.

    Args:
        chunks: iterable of dictionaries from the name of a column to its values, which hold
            the columns and may hold more.
        columns: dictionary from the name of each input to its `Column`.
        name: str, what the inputs are.
        spelled: bool, as for `InputPiece`.

    Returns:
        Iterator of `InputPiece`.

    Raises:
        InputError: if a column is missing, or there is no row.

    Example:

    >>> chunks = [{"text": ["a", "b"], "id": [1, 2]}, {"text": ["c"], "id": [3]}]
    >>> [piece.rows.tolist() for piece in pieces_of(chunks, {"text": Column("text")}, "reviews")]
    [[0, 1], [2]]
    """
    first = 0
    for cells in chunks:
        lengths = {key: len(cells[key]) for key in columns}
        if len(set(lengths.values())) != 1:
            raise InputError(f"Expected columns of one length in {name}. Received: {lengths}")
        count = next(iter(lengths.values()))
        if count:
            chosen = {key: cells[key] for key in columns}
            yield InputPiece(chosen, columns, np.arange(first, first + count), name, spelled)
        first += count
    if not first:
        raise InputError(
            f"Expected at least one input. Received: none in {name}. {described_inputs(columns)}"
        )


def slices(cells: Mapping[str, Any], batch_size: int) -> Iterator[Cells]:
    """Yields some rows at a time of columns that are there as a whole.

    Args:
        cells: dictionary from the name of each column to its values, of one length.
        batch_size: int, rows that are computed at a time.

    Returns:
        Iterator of dictionaries of the same columns.

    Example:

    >>> [len(rows["a"]) for rows in slices({"a": range(5000)}, 64)]
    [2048, 2048, 904]
    """
    length = len(next(iter(cells.values())))
    if not length:
        return
    size = rows_at_once([_at(values, [0])[0] for values in cells.values()], batch_size)
    for start in range(0, length, size):
        yield {name: _slice(values, start, start + size) for name, values in cells.items()}


def gathered_rows(items: Iterable[Any], batch_size: int) -> Iterator[list[Any]]:
    """Yields some items at a time of what can be read once only.

    Args:
        items: iterable.
        batch_size: int, items that are computed at a time.

    Returns:
        Iterator of lists.

    Example:

    >>> [len(rows) for rows in gathered_rows(iter("abc"), 64)]
    [3]
    """
    rest = iter(items)
    for first in rest:
        size = rows_at_once(
            list(first.values()) if isinstance(first, Mapping) else [first], batch_size
        )
        yield [first, *islice(rest, size - 1)]


def rows_at_once(sample: Sequence[Any], batch_size: int) -> int:
    """Returns the number of rows to read at a time, by the memory that one takes.

    Args:
        sample: the values of a row.
        batch_size: int, rows that are computed at a time.

    Returns:
        An int; of small rows a multiple of the batch size, so that batches stay whole.

    Example:

    >>> rows_at_once(["a text"], 64), rows_at_once([np.zeros((3000, 4000, 3), "uint8")], 64)
    (2048, 1)
    """
    size = sum(map(_bytes, sample))
    count = max(1, min(_MOST_ROWS, _MOST_BYTES // max(size, 1)))
    return count - count % batch_size if count > batch_size else count


def _bytes(value: Any) -> int:
    """Returns the memory that a value takes, about."""
    if isinstance(value, Image.Image):
        return 3 * value.width * value.height
    if isinstance(value, list | tuple):
        return sum(map(_bytes, value))
    return int(getattr(value, "nbytes", 0)) or (len(value) if isinstance(value, str) else 8)


def _at(values: Any, positions: Sequence[int]) -> Any:
    if isinstance(values, np.ndarray | polars.Series):
        return values[list(positions)]
    if hasattr(values, "iloc"):
        return values.iloc[list(positions)].tolist()
    return [values[position] for position in positions]


def _slice(values: Any, start: int, stop: int) -> Any:
    """Returns some values in a row; those of pandas as a list."""
    if isinstance(values, np.ndarray | polars.Series | list | tuple | range):
        return values[start:stop]
    return _at(values, range(start, min(stop, len(values))))


def _no_text(value: Any) -> str | None:
    if is_absent(value):
        return "no text"
    return None if isinstance(value, str) else f"{type(value).__name__} in the place of a text"


def _no_tokens(value: Any) -> str | None:
    """Returns the fault of the tokens of a sentence, or None."""
    return "no tokens" if value is None else None


def _no_image(value: Any) -> str | None:
    """Returns the fault of an image or its path, or None."""
    return "no image" if value is None or (isinstance(value, str) and is_absent(value)) else None


_UNUSABLE = {"text": _no_text, "tokens": _no_tokens, "image": _no_image}
