"""Pairs of texts, a source and its target: what a translation is learned from."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.frames import looks_like_frame
from kerastune.data.given_tables import GivenTable, of_file, table_of
from kerastune.data.open import NAMED, open_data
from kerastune.data.openers import find_opener
from kerastune.data.records import looks_like_records
from kerastune.data.source import Source
from kerastune.data.table_columns import RequestedColumns, require_columns, scalar_cells
from kerastune.data.table_files import read_table_file
from kerastune.data.table_folders import table_at
from kerastune.data.tables import table_texts
from kerastune.errors import InputError

_ADVICE = "Name the columns of a pair by `--source_column` and `--target_column`"
_FEWEST = 2


def open_text_pairs(
    data: Any,
    *,
    class_names: Sequence[str] | None = None,  # noqa: ARG001
    source_column: str = "source",
    target_column: str = "target",
) -> Source:
    """Opens pairs of texts.

    Args:
        data: a table, as a file, a frame, records or columns; a tuple of two lists, the sources
            and the targets; a `Source` with one input and one target of kind `text`; or a name
            or a scheme of data that are such, as `dates:en:de`.
        class_names: not used, as texts have no classes.
        source_column: str, the column of sources in a table. Defaults to `"source"`.
        target_column: str, the column of targets in a table. Defaults to `"target"`.

    Returns:
        A `Source` whose input and target are of kind `text`. No source is in it twice.

    Raises:
        InputError: if there is no such data, a column is missing, or fewer than two pairs are.

    Example:

    >>> source = open_text_pairs((["one", "two", "one"], ["eins", "zwei", "eins"]))
    >>> source.values["target"], source.notes
    (['eins', 'zwei'], ('1 of 3 pairs dropped: the same source came before',))
    """
    if isinstance(data, Source):
        return _with_texts(data)
    if isinstance(data, tuple) and len(data) == 2:
        cells = {source_column: list(data[0]), target_column: list(data[1])}
        table = GivenTable(cells, "arrays", where="pair {}".format)
    elif looks_like_frame(data) or isinstance(data, Mapping) or looks_like_records(data):
        table = table_of(data)
    elif isinstance(data, str | PathLike) and not _is_known(str(data)) and Path(data).exists():
        path = table_at(Path(data))
        names = list(dict.fromkeys([source_column, target_column]))
        wanted = RequestedColumns(names, scalar_cells, _ADVICE)
        table = of_file(path, read_table_file(path, wanted))
    else:
        return _with_texts(open_data(data))
    return pairs_of_table(table, source_column, target_column)


def pairs_of_table(table: GivenTable, source_column: str, target_column: str) -> Source:
    """Returns the pairs of texts in a table, with notes on those that are left out.

    Args:
        table: `GivenTable`.
        source_column: str, the column of sources.
        target_column: str, the column of targets.

    Returns:
        A `Source`. Blanks around a text do not count. Pairs without a source or a target are left
        out; of a source that comes several times the first pair is kept, so that no split has it
        on both sides.

    Raises:
        InputError: if a column is missing, both are the same, a value is no text, or fewer than
            two pairs are left.

    Example:

    >>> table = GivenTable({"en": ["one", "two", "six"], "de": ["eins", "zwei", ""]}, "numbers")
    >>> pairs_of_table(table, "en", "de").notes
    ('1 of 3 pairs dropped: no target',)
    """
    if source_column == target_column:
        raise InputError(
            f"Expected two columns, of sources and of targets. Received: {source_column!r} for both"
        )
    require_columns([source_column, target_column], table.cells, table.name, _ADVICE)
    sources, source_notes = table_texts(table, source_column)
    targets, target_notes = table_texts(table, target_column)
    kept: dict[str, tuple[int, str]] = {}
    dropped = dict.fromkeys(_REASONS, 0)
    for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
        source, target = ((text or "").strip() for text in (source, target))
        reason = _reason(source, target, kept)
        if reason is None:
            kept[source] = (row, target)
        else:
            dropped[reason] += 1
    notes = tuple(
        f"{count} of {len(table)} pairs dropped: {reason}"
        for reason, count in dropped.items()
        if count
    )
    if len(kept) < _FEWEST:
        raise InputError(
            f"Expected at least {_FEWEST} pairs of texts in {table.name}. Received: {len(kept)}"
            f"{'; ' if notes else ''}{'; '.join(notes)}"
        )
    text = Column("text")
    return Source(
        {source_column: list(kept), target_column: [target for _, target in kept.values()]},
        {source_column: text, target_column: text},
        (target_column,),
        table.name,
        (*table.notes, *source_notes, *target_notes, *notes),
        np.array([row for row, _ in kept.values()]),
    )


_NO_SOURCE, _NO_TARGET = "no source", "no target"
_REPEATED = "the same source came before"
_OTHER_TARGET = "the same source came before, with another target"
_REASONS = (_NO_SOURCE, _NO_TARGET, _REPEATED, _OTHER_TARGET)


def _reason(source: str, target: str, kept: Mapping[str, tuple[int, str]]) -> str | None:
    """Returns why a pair is left out, if it is."""
    if not source:
        return _NO_SOURCE
    if not target:
        return _NO_TARGET
    if source in kept:
        return _REPEATED if kept[source][1] == target else _OTHER_TARGET
    return None


def _with_texts(source: Source) -> Source:
    """Returns the source, if its input and its target are texts."""
    source.input("text")
    source.target("text")
    return source


def _is_known(text: str) -> bool:
    """Returns whether a text is the name of a data set or has the scheme of an opener."""
    return text in NAMED or find_opener(text) is not None
