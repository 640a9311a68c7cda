"""A table of dictionaries, whose columns are all their keys."""

import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from kerastune.display.as_table import Table
from kerastune.display.table import Column
from kerastune.display.texts import format_name, format_setting


def table_of(
    title: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    units: Mapping[str, str] | None = None,
    fractions: str = "metric",
    notes: Sequence[str] = (),
    marks: Mapping[tuple[int, str], str] | None = None,
) -> Table:
    """Returns a table of dictionaries; a column is of numbers where nothing else is in it.

    Args:
        title: str.
        rows: sequence of dictionaries of plain data, which may have different keys.
        units: dictionary from a key to the unit of its column, see `Column`. Defaults to
            whole numbers as counts, bytes as images, and what is no number as text.
        fractions: str, the unit of other numbers. Defaults to `"metric"`.
        notes: sequence of str. Defaults to none.
        marks: dictionary from the place of a row and a key to `"best"` or `"wrong"`. Defaults
            to none.

    Returns:
        A `Table`, whose headings are the keys in words.

    Example:

    >>> table_of("Epochs", [{"epoch": 1, "val_loss": 0.5}, {"epoch": 2}]).to_dict()["rows"]
    [{'epoch': 1, 'val loss': 0.5}, {'epoch': 2, 'val loss': None}]
    """
    keys = list(dict.fromkeys(key for row in rows for key in row))
    held = {key: [row[key] for row in rows if row.get(key) is not None] for key in keys}
    chosen = {
        key: (units or {}).get(key) or _unit(values, fractions) for key, values in held.items()
    }
    columns = _columns(chosen) or [Column(" ", "text")]
    lines = [[_value(row.get(key), chosen[key]) for key in keys] for row in rows]
    indices = {
        (row, keys.index(key)): mark for (row, key), mark in (marks or {}).items() if key in keys
    }
    return Table(title, tuple(columns), tuple(map(tuple, lines)), tuple(notes), None, indices)


def settings_table(settings: Mapping[str, Any]) -> Table:
    """Returns a dictionary as a table of two columns, without a title."""
    rows = [(format_name(name), format_setting(value)) for name, value in settings.items()]
    return Table("", (Column("name", "text"), Column("value", "lines")), tuple(rows))


def _columns(units: Mapping[str, str]) -> list[Column]:
    """Returns the columns, by their keys where the words of two are the same."""
    words = [format_name(key) for key in units]
    return [
        Column(word if words.count(word) == 1 else key, unit)
        for word, (key, unit) in zip(words, units.items(), strict=True)
    ]


def _unit(values: Sequence[Any], fractions: str) -> str:
    if values and all(isinstance(value, bytes) for value in values):
        return "image"
    if any(isinstance(value, bool) or not isinstance(value, Real) for value in values):
        return "lines"
    if all(isinstance(value, Integral) for value in values):
        return "count"
    return fractions if all(map(math.isfinite, values)) else "metric"


def _value(value: Any, unit: str) -> Any:
    """Returns a value as a column of the unit holds it."""
    return value if value is None or unit not in ("text", "lines") else format_setting(value)
