"""The columns of a table: as they were read of a file, and which of them are wanted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerastune.data.cells import Where, row_number
from kerastune.errors import InputError, WrongDataError, closest
from kerastune.lazy_polars import polars

CellRule = Callable[[str, Any], str | None]
"""A function from a column and a value of a JSON file to what was expected, or None."""

Cells = Mapping[str, "Sequence[Any] | polars.Series"]
"""The values of each column: text as it is spelled, plain values of JSON, or typed series."""


@dataclass(frozen=True)
class TableFile:
    """The columns of a file.

    Args:
        cells: dictionary from the name of each column to its values.
        where: function from the position of a row to a str that tells a person where it is.
        spelled: bool, whether the file has no types, so that all values are text. Defaults to
            False.
        decimal_comma: bool, whether the file is of a dialect that writes 1,5 for one and a half.
        notes: tuple of str, what a person should know of how it was read.

    Example:

    >>> TableFile({"age": [30]}).where(0)
    'row 1'
    """

    cells: Cells
    where: Where = row_number
    spelled: bool = False
    decimal_comma: bool = False
    notes: tuple[str, ...] = ()


def scalar_cells(column: str, value: Any) -> str | None:
    """Returns the fault of a JSON value, or None if it is text, a number, a bool or null.

    Args:
        column: str, its column.
        value: what the file holds.

    Example:

    >>> scalar_cells("age", 5), scalar_cells("age", [5])
    (None, "text, a number, true, false or null as 'age'")
    """
    if isinstance(value, str | int | float | None):
        return None
    return f"text, a number, true, false or null as {column!r}"


@dataclass(frozen=True)
class RequestedColumns:
    """Columns to read of a file.

    Args:
        columns: sequence of str, the columns to read. Defaults to all.
        rule: function that tells which values of a JSON file are refused.
        advice: str, what to do if a column is missing. Defaults to nothing.

    Example:

    >>> RequestedColumns().among(["age", "name"], Path("people.csv"))
    ['age', 'name']
    """

    columns: Sequence[str] | None = None
    rule: CellRule = scalar_cells
    advice: str = ""

    def among(self, present: Iterable[str], path: Path) -> list[str]:
        """Returns the columns to read, out of those of a file.

        Args:
            present: the names of the columns that there are.
            path: Path of the file, for messages.

        Raises:
            InputError: if one is missing, or there twice.
        """
        present = list(present)
        wanted = list(present if self.columns is None else self.columns)
        require_columns(wanted, present, path, self.advice)
        return wanted


ALL = RequestedColumns()
"""All columns of a file."""


def require_columns(
    wanted: Sequence[str], present: Iterable[str], where: Any, advice: str = ""
) -> None:
    """Raises unless each of some columns is there once.

    Args:
        wanted: sequence of str.
        present: the names of the columns that there are.
        where: path or name of the table, for the message.
        advice: str, what to do about a column that is missing. Defaults to nothing.

    Raises:
        InputError: if one is missing, with the closest name, or there twice.

    Example:

    >>> require_columns(["age"], ["name", "ages"], "people.csv")
    Traceback (most recent call last):
        ...
    kerastune.errors.WrongDataError: Expected a column 'age' in people.csv. Received: ...
    """
    present = list(present)
    for name in wanted:
        if name not in present:
            raise WrongDataError(
                f"Expected a column {name!r} in {where}. Received: columns "
                f"{', '.join(map(repr, present)) or 'none'}."
                f"{closest(name, present)}{advice and ' '}{advice}"
            )
        if present.count(name) > 1:
            raise InputError(
                f"Expected one column {name!r} in {where}. Received: {present.count(name)}"
            )
