"""Columns that a person names for data that have none of that name."""

from collections.abc import Callable
from typing import Any

from kerastune.data.source import Source
from kerastune.data.table_columns import require_columns

# What readers ask for where a person names no column.
_USUAL = ("text", "label", "labels", "caption", "source", "target")
_ADVICE = "Only of tables need columns be named; leave it out, or name one that is there"


def refuse_unread_columns(open_with: Callable[..., Source], source: Source) -> None:
    """Raises where a reader was told of a column that the samples do not have.

    Data with a name, folders and pairs bring columns of their own, and a reader looks for others
    in tables alone.

    Args:
        open_with: the function that opened the samples: a `Reader`, or a partial function, whose
            keywords that end with `_column` are names of columns.
        source: `Source`, the samples.

    Raises:
        InputError: if a column of another than the usual name is missing.

    Example:

    >>> from functools import partial
    >>> from kerastune.data import open_data
    >>> read = partial(open_data, label_column="number")
    >>> refuse_unread_columns(read, read("digits"))
    Traceback (most recent call last):
        ...
    kerastune.errors.WrongDataError: Expected a column 'number' in digits. Received: ...
    """
    keywords: dict[str, Any] = getattr(getattr(open_with, "open_with", open_with), "keywords", {})
    chosen = [
        column
        for name, value in keywords.items()
        if name.endswith("_column")
        for column in _names(value)
    ]
    named = [name for name in chosen if name not in _USUAL]
    # Quantities of several columns are one, called by all of these.
    there = {part for name in source.columns for part in _parts(name)}
    missing = [name for name in named if not there.issuperset(_parts(name))]
    require_columns(missing, source.columns, source.name, _ADVICE)


def _names(value: Any) -> list[str]:
    """The columns that are named; those of a CoNLL file are counted."""
    if isinstance(value, str):
        return [value]
    return list(value) if isinstance(value, list | tuple) else []


def _parts(name: str) -> list[str]:
    return [part.strip() for part in name.split(",")]
