"""Values in rows and columns, formatted only when shown."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from numbers import Integral, Real
from typing import Any

from kerastune.display.formats import UNITS, format_image, format_value
from kerastune.display.texts import format_lines, printable

_WHOLE = ("count", "bytes", "operations")
_TEXT = ("text", "lines")
MARKS = {"best": "* ", "wrong": "✗ "}
"""What stands before a marked value."""


@dataclass(frozen=True)
class Column:
    """One column of a table: its heading, and what its values are.

    Args:
        name: str, the heading, also the key of the values in `Table.to_dict`.
        unit: str, `"text"`, `"lines"` (a text of several lines), `"count"` (shown as 1,234),
            `"bytes"` (in binary units: 97.5 MiB), `"share"` (of a whole, 0 to 1, shown as
            12.4 % with a bar), `"operations"` (4.09 G), `"metric"` (four decimals), `"score"`
            (a metric of 0 to 1, with a bar), `"rate"` (three digits), `"image"` (the bytes of a
            PNG file) or `"number"` (any other quantity). Default: count.
        signed: bool, whether the values are differences, shown with their sign. Only then
            may a share leave 0 to 1. Default: False.
        details: str, lines below the heading. Default: none.
        align: str, `"left"` or `"right"`. Default: numbers right, else left.

    Raises:
        ValueError: the unit is not one of these.

    Example:

    >>> Column("trainable share", "share").unit
    'share'
    """

    name: str
    unit: str = "count"
    signed: bool = False
    details: str = ""
    align: str = ""

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(
                f"Expected a column's unit to be one of {', '.join(UNITS)}. "
                f"Received: {self.unit!r} for the column {self.name!r}"
            )

    @property
    def heading(self) -> str:
        """The name, and below it the details, as they are shown."""
        return "\n".join(filter(None, (printable(self.name), format_lines(self.details))))

    @property
    def is_text(self) -> bool:
        """bool, whether the values are texts, which may be folded."""
        return self.unit in _TEXT

    @property
    def has_bar(self) -> bool:
        """bool, whether the values are parts of a whole."""
        return self.unit in ("share", "score") and not self.signed

    @property
    def is_right(self) -> bool:
        """bool, whether the values are aligned to the right."""
        return self.align == "right" or not (self.align or self.is_text or self.unit == "image")

    def format(self, value: Any) -> str:
        """Returns a value of the column as text."""
        return format_value(value, self.unit, signed=self.signed)


@dataclass(frozen=True, repr=False)
class TableData:
    """The values of a table, see `kerastune.display.Table`."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    notes: tuple[str, ...] = ()
    total: tuple[Any, ...] | None = None
    marks: Mapping[tuple[int, int], str] = field(default_factory=dict, hash=False)

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
        """Returns the table as plain data, for JSON.

        Returns:
            A dictionary with `title`, `columns` (their `name`, `unit` and `signed`), `rows`
            (dictionaries from a column's name to the raw value), `notes` and `total` (as a
            row, or None).
        """
        return {
            "title": self.title,
            "columns": [
                {"name": one.name, "unit": one.unit, "signed": one.signed} for one in self.columns
            ],
            "rows": [self._named(row) for row in self.rows],
            "notes": list(self.notes),
            "total": None if self.total is None else self._named(self.total),
        }

    @property
    def rows_and_total(self) -> tuple[tuple[Any, ...], ...]:
        """The rows, the total last if there is one."""
        return self.rows if self.total is None else (*self.rows, self.total)

    def texts(self) -> list[list[str]]:
        """Returns the rows as they are shown, the total last if there is one."""
        return [
            [
                MARKS.get(self.marks.get((index, at), ""), "") + column.format(value)
                for at, (column, value) in enumerate(zip(self.columns, row, strict=True))
            ]
            for index, row in enumerate(self.rows_and_total)
        ]

    def _checked(self, row: Iterable[Any]) -> tuple[Any, ...]:
        """Returns a row of plain Python values, each of which fits its column."""
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
        return {
            column.name: format_image(value) if isinstance(value, bytes) else value
            for column, value in zip(self.columns, row, strict=True)
        }


def distinct(names: Iterable[str]) -> list[str]:
    """Returns names as the headings of one table: one that comes again has a number behind it.

    Example:

    >>> distinct(["metric", "mean", "metric"])
    ['metric', 'mean', 'metric (2)']
    """
    found: list[str] = []
    for name in names:
        others = (f"{name} ({number})" for number in count(2))
        found.append(next(one for one in chain([name], others) if one not in found))
    return found


def _plain(value: Any, column: Column) -> Any:
    """Returns a value as Python's own str, int or float, after it was found to fit its column."""
    if value is None:
        return None
    if column.unit == "image":
        fits, expected = isinstance(value, bytes), "the bytes of a PNG file"
    elif column.is_text:
        fits, expected = isinstance(value, str), "a text"
    elif column.unit in _WHOLE:
        fits, expected = isinstance(value, Integral), "a whole number"
    elif column.unit == "metric":
        fits, expected = isinstance(value, Real), "a number"  # A loss may have diverged.
    else:
        fits, expected = isinstance(value, Real) and math.isfinite(value), "a finite number"
    if fits and column.has_bar:
        fits, expected = 0 <= value <= 1, "a share, 0 to 1,"
    if not fits or isinstance(value, bool):
        raise ValueError(
            f"Expected {expected} or None in the column {column.name!r}, of unit {column.unit}. "
            f"Received: {value!r}"
        )
    if isinstance(value, str | bytes):
        return str(value) if isinstance(value, str) else value
    return int(value) if isinstance(value, Integral) else float(value)
