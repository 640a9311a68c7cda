"""The table that every comparison returns: raw values, formatted only when shown."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from numbers import Integral, Real
from typing import Any

import polars as pl

from kerastune.counting.frames import csv_text, data_frame
from kerastune.counting.markdown import markdown_table
from kerastune.counting.markup import html_table
from kerastune.counting.shown import UNITS
from kerastune.counting.terminal import TerminalTable

_WHOLE = ("count", "bytes", "operations")


@dataclass(frozen=True)
class Column:
    """One column of a `Table`: its heading, and what its values are.

    Args:
        name: str, the heading, also the key of the values in `Table.to_dict`.
        unit: str, `"text"`, `"count"` (shown as 1,234), `"bytes"` (in binary units:
            97.5 MiB), `"share"` (of a whole, 0 to 1, shown as 12.4 % with a bar),
            `"operations"` (4.09 G) or `"number"` (any other quantity). Default: count.
        signed: bool, whether the values are differences, shown with their sign. Only then
            may a share leave 0 to 1. Default: False.

    Raises:
        ValueError: the unit is not one of these.

    Example:

    >>> Column("trainable share", "share").unit
    'share'
    """

    name: str
    unit: str = "count"
    signed: bool = False

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(
                f"Expected a column's unit to be one of {', '.join(UNITS)}. "
                f"Received: {self.unit!r} for the column {self.name!r}"
            )


@dataclass(frozen=True)
class Table:
    """Values in rows and columns, to be shown, saved or worked with.

    Args:
        title: str, what the table is about.
        columns: tuple of `Column`, whose names differ.
        rows: tuple of tuples, one value a column, in the order to be shown: str for text,
            int for counts, bytes and operations, int or float for shares and numbers; None
            for a value that is not known or does not apply.
        notes: tuple of str, what a reader has to know beside it. Default: none.
        total: tuple as a row, set apart under the rows, or None. Default: None.

    Raises:
        ValueError: there is no column, two columns have one name, a row is not as wide as the
            columns, or a value is not what its column holds.

    Example:

    >>> columns = Column("model", "text"), Column("parameters"), Column("share", "share")
    >>> table = Table("Models", columns, (("small", 1500, 0.5), ("large", 25636712, None)))
    >>> print(table.to_markdown())
    **Models**
    <BLANKLINE>
    | model | parameters |  share |
    | :---- | ---------: | -----: |
    | small |      1,500 | 50.0 % |
    | large | 25,636,712 |      – |
    <BLANKLINE>
    >>> table.to_dict()["rows"][0]
    {'model': 'small', 'parameters': 1500, 'share': 0.5}
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    notes: tuple[str, ...] = ()
    total: tuple[Any, ...] | None = None

    def __post_init__(self) -> None:
        if not self.columns:
            raise ValueError(f"Expected at least one column. Received: none in {self.title!r}")
        names = [column.name for column in self.columns]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(
                "Expected the columns of a table to have different names. "
                f"Received: {repeated[0]!r} twice, in the table {self.title!r}"
            )
        set_field = object.__setattr__  # The way to fill a field of a frozen dataclass.
        set_field(self, "columns", tuple(self.columns))
        set_field(self, "rows", tuple(self._checked(row) for row in self.rows))
        set_field(self, "notes", tuple(self.notes))
        if self.total is not None:
            set_field(self, "total", self._checked(self.total))

    def to_dict(self) -> dict[str, Any]:
        """The table as plain data, for JSON.

        Returns:
            A dictionary with `title`, `columns` (their `name`, `unit` and `signed`), `rows`
            (dictionaries from a column's name to the raw value), `notes` and `total` (as a
            row, or None).
        """
        return {
            "title": self.title,
            "columns": [asdict(column) for column in self.columns],
            "rows": [self._named(row) for row in self.rows],
            "notes": list(self.notes),
            "total": None if self.total is None else self._named(self.total),
        }

    def to_polars(self) -> pl.DataFrame:
        """The rows as a data frame; the total is not among them, so that sums are right.

        Returns:
            A `polars.DataFrame` of raw values: integers stay integers, and None is null.
        """
        return data_frame(self)

    def to_csv(self) -> str:
        """The rows as CSV, with raw numbers and without the total.

        A text that a spreadsheet would run as a formula (it begins with `=`, `+`, `-` or
        `@`) gets an apostrophe before it: names come from files of unknown origin. Where
        texts must be exact, use `to_dict` or `to_polars`.

        Returns:
            The text, str, with a line of column names first.
        """
        return csv_text(self)

    def to_markdown(self) -> str:
        """The table in GitHub's Markdown, values as shown and every text escaped.

        Returns:
            The title, the table and the notes, str.
        """
        return markdown_table(self)

    def to_html(self) -> str:
        """The table as a fragment of HTML, values as shown and every text escaped.

        Returns:
            One `<table>` element, str, without title, notes, style and script.
            Each number's raw value is in the attribute `data-value` of its cell.
        """
        return html_table(self)

    def __rich__(self) -> TerminalTable:
        """The table as a terminal of any width shows it."""
        return TerminalTable(self)

    def _checked(self, row: Iterable[Any]) -> tuple[Any, ...]:
        """A row of plain Python values, each of which fits its column."""
        values = tuple(row)
        if len(values) != len(self.columns):
            raise ValueError(
                f"Expected {len(self.columns)} values in each row of the table {self.title!r}. "
                f"Received: {len(values)}: {values!r}"
            )
        return tuple(
            _plain(value, column) for value, column in zip(values, self.columns, strict=True)
        )

    def _named(self, row: tuple[Any, ...]) -> dict[str, Any]:
        """A row as a dictionary."""
        return {column.name: value for column, value in zip(self.columns, row, strict=True)}


def _plain(value: Any, column: Column) -> Any:
    """A value as Python's own str, int or float, after it was found to fit its column."""
    if value is None:
        return None
    if column.unit == "text":
        fits, expected = isinstance(value, str), "a text"
    elif column.unit in _WHOLE:
        fits, expected = isinstance(value, Integral), "a whole number"
    else:
        fits, expected = isinstance(value, Real) and math.isfinite(value), "a finite number"
    if fits and column.unit == "share" and not column.signed:
        fits, expected = 0 <= value <= 1, "a share, 0 to 1,"
    if not fits or isinstance(value, bool):
        raise ValueError(
            f"Expected {expected} or None in the column {column.name!r}, of unit {column.unit}. "
            f"Received: {value!r}"
        )
    if isinstance(value, str):
        return str(value)
    return int(value) if isinstance(value, Integral) else float(value)
