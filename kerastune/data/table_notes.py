"""Notes on the columns of a table, one line each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerastune.data.cell_kinds import ReadColumn
from kerastune.data.cells import count_missing, is_missing
from kerastune.data.in_pieces import pieces_of

_MOST_SHOWN = 6
_PLURALS = {"number": "numbers", "category": "categories", "date": "dates"}


def kind_notes(columns: Mapping[str, ReadColumn]) -> tuple[str, ...]:
    """Returns notes on the kinds of columns and their missing values.

    Args:
        columns: dictionary from name to `ReadColumn`.

    Returns:
        Tuple of str, one a kind, those of the columns themselves, and one for missing values.

    Example:

    >>> kind_notes({"age": ReadColumn("number", np.array([1.0, np.nan]))})
    ("numbers: 'age'", "missing values: 'age' (1)")
    """
    notes = []
    for kind, plural in _PLURALS.items():
        names = [name for name, column in columns.items() if column.kind == kind]
        if names:
            notes.append(f"{plural}: {listed(names)}")
    for column in columns.values():
        notes += column.notes
    counts = {name: count_missing(column.values) for name, column in columns.items()}
    missing = {name: count for name, count in counts.items() if count}
    return (*notes, *([f"missing values: {listed(missing)}"] if missing else []))


def never_vary(columns: Mapping[str, ReadColumn]) -> list[str]:
    """Returns the columns with the same value, or none, in every one of two rows or more.

    Args:
        columns: dictionary from name to `ReadColumn`.

    Example:

    >>> never_vary({"ship": ReadColumn("category", ["Titanic", "Titanic"])})
    ['ship']
    """
    return [
        name
        for name, column in columns.items()
        if len(column.values) > 1 and not _varies(column.values)
    ]


def identifier_notes(columns: Mapping[str, ReadColumn]) -> tuple[str, ...]:
    """Returns a note on the columns that have another text or whole number in each row.

    Args:
        columns: dictionary from name to `ReadColumn`.

    Example:

    >>> identifier_notes({"id": ReadColumn("category", ["a", "b", "c"])})
    ("another value in each row, as identifiers have, which are better left out: 'id'",)
    """
    names = [name for name, column in columns.items() if _identifies(column)]
    text = "another value in each row, as identifiers have, which are better left out"
    return (f"{text}: {listed(names)}",) if names else ()


def dropped_notes(size: int, kept: int, target: str) -> tuple[str, ...]:
    """Returns a note on the rows that have no target.

    Args:
        size: int, all rows.
        kept: int, those with a target.
        target: str, its column.

    Example:

    >>> dropped_notes(10, 8, "won")
    ("2 of 10 rows dropped: no 'won'",)
    """
    return (f"{size - kept} of {size} rows dropped: no {target!r}",) if kept < size else ()


def left_out_notes(names: Sequence[str], reason: str, reason_for_several: str) -> tuple[str, ...]:
    """Returns a note on the columns that are not used.

    Args:
        names: sequence of str, the columns.
        reason: str, why, said of one column, without a subject if it is the column.
        reason_for_several: str, the same of several columns.

    Example:

    >>> left_out_notes(["ship"], "it never varies", "they never vary")
    ("left out, as it never varies: 'ship'",)
    """
    if not names:
        return ()
    return (f"left out, as {reason if len(names) == 1 else reason_for_several}: {listed(names)}",)


def listed(names: Sequence[str] | Mapping[str, int]) -> str:
    """Returns names of columns for a note, with a count behind each if there are counts.

    Args:
        names: sequence of str, or dictionary from str to int. Of many, six are shown.

    Example:

    >>> listed("abcdefghi"), listed({"age": 3})
    ("'a', 'b', 'c', 'd', 'e', 'f' and 3 more", "'age' (3)")
    """
    counts = names if isinstance(names, Mapping) else {}
    shown = [f"{n!r} ({counts[n]})" if n in counts else repr(n) for n in list(names)[:_MOST_SHOWN]]
    left_out = len(names) - _MOST_SHOWN
    return ", ".join(shown) + (f" and {left_out} more" if left_out > 0 else "")


def _varies(values: Any) -> bool:
    """Returns whether there are two different values, a missing one among them."""
    if isinstance(values, np.ndarray):
        is_number = ~np.isnan(values)
        return bool(is_number.any() if np.isnan(values[0]) else (values != values[0]).any())
    plain = (None if is_missing(value) else value for value in values)
    first = next(plain)
    return any(value != first for value in plain)


def _identifies(column: ReadColumn) -> bool:
    if len(column.values) < 3 or column.kind == "date":
        return False
    if column.kind == "number":
        numbers = np.asarray(column.values)
        is_whole = np.isfinite(numbers).all() and np.array_equal(numbers, np.round(numbers))
        return bool(is_whole and len(np.unique(numbers)) == len(numbers))
    return _all_differ(column.values)


def _all_differ(categories: Any) -> bool:
    """Returns whether no category comes twice, without holding those of many rows."""
    hashes = []
    for _, piece in pieces_of(categories):
        if len(set(piece)) < len(piece):
            return False
        hashes.append(np.fromiter(map(hash, piece), "int64", len(piece)))
    return len(np.unique(np.concatenate(hashes))) == len(categories)
