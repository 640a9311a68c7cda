"""Tables of texts with what is to be predicted of them: classes, quantities, or several labels."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.data.cleaning import clean, stripped_texts, text_digests
from kerastune.data.columns import Column
from kerastune.data.given_tables import GivenTable, of_file
from kerastune.data.label_lists import encode_label_lists, label_lists
from kerastune.data.rows_taken import RowsTaken
from kerastune.data.source import Source
from kerastune.data.table_columns import RequestedColumns, require_columns, scalar_cells
from kerastune.data.table_files import read_table_file
from kerastune.data.table_targets import read_target
from kerastune.data.tables import ADVICE, labelled_table, table_texts
from kerastune.errors import InputError


def texts_of_table(
    table: GivenTable,
    *,
    text_column: str = "text",
    label_column: str = "label",
    target_kind: str | None = None,
    class_names: Sequence[str] | None = None,
) -> Source:
    """Returns the texts of a table with what is to be predicted of them.

    Args:
        table: `GivenTable`.
        text_column: str, the column of texts. Defaults to `"text"`.
        label_column: str, the column to predict. Defaults to `"label"`.
        target_kind: str, `"class"`, `"quantity"` or `"multilabel"`. Defaults to classes.
        class_names: sequence of str, the classes or labels that are known. By default, those
            found.

    Returns:
        A `Source`. Rows without a text or a target are left out; texts that occur several times
        are kept once: with the mean of their quantities, or if their labels agree. Its notes say
        how many.

    Raises:
        InputError: if a column is missing, or a value is not of that kind.

    Example:

    >>> table = GivenTable({"text": ["a joy", "a bore", "a joy"], "label": [4.5, 1, 3.5]}, "films")
    >>> source = texts_of_table(table, target_kind="quantity")
    >>> source.values["text"], source.values["label"].tolist()
    (['a joy', 'a bore'], [4.0, 1.0])
    >>> source.notes
    ('1 of 3 rows joined: the same text came before, and its quantity is their mean',)
    """
    read = _READERS.get(target_kind or "class")
    if read is None:
        return labelled_table(
            table, text_column=text_column, label_column=label_column, class_names=class_names
        )
    require_columns([text_column, label_column], table.cells, table.name, ADVICE)
    texts, notes = table_texts(table, text_column)
    texts = stripped_texts(texts)
    return read(table, texts, text_column, label_column, class_names, (*table.notes, *notes))


def text_table(path: Path, text_column: str, label_column: str, target_kind: str) -> GivenTable:
    """Reads the columns of texts and of what is to be predicted of them from a file.

    Args:
        path: Path of the file.
        text_column: str, the column of texts.
        label_column: str, the column to predict.
        target_kind: str, `"quantity"` or `"multilabel"`.

    Returns:
        A `GivenTable`.

    Raises:
        InputError: if the file cannot be read, or a column is missing.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "films.jsonl"
    >>> _ = path.write_text('{"text": "a joy", "label": ["fun"]}')
    >>> text_table(path, "text", "label", "multilabel").cells
    {'text': ['a joy'], 'label': [['fun']]}
    """
    rule = partial(_list_or_scalar, label_column) if target_kind == "multilabel" else scalar_cells
    wanted = RequestedColumns(list(dict.fromkeys([text_column, label_column])), rule, ADVICE)
    return of_file(path, read_table_file(path, wanted))


def _list_or_scalar(label_column: str, column: str, value: Any) -> str | None:
    """Returns the fault of a JSON value, of which what is no list of labels is told later."""
    return None if column == label_column else scalar_cells(column, value)


def _with_quantities(
    table: GivenTable,
    texts: Sequence[Any],
    text_column: str,
    label_column: str,
    _: Sequence[str] | None,
    notes: tuple[str, ...],
) -> Source:
    rows, values, column, read_notes = read_target(table, label_column, kind="quantity")
    digests, has_text = text_digests(texts)
    complete = has_text[rows]
    rows, values = rows[complete], values[complete]
    # The first row of each text, in the order of the table, and the mean of its quantities.
    _digests, first, group = np.unique(
        digests[rows], axis=0, return_index=True, return_inverse=True
    )
    means = np.bincount(group.ravel(), values) / np.bincount(group.ravel())
    order = np.argsort(first)
    kept = rows[first[order]]
    without_text = int((~has_text).sum())
    counts = {
        "dropped: no text": without_text,
        "dropped: no quantity": len(table) - without_text - len(rows),
        "joined: the same text came before, and its quantity is their mean": len(rows) - len(kept),
    }
    notes += read_notes + tuple(
        f"{count} of {len(table)} rows {what}" for what, count in counts.items() if count
    )
    if not len(kept):
        raise _nothing_left(table, notes)
    return Source(
        {text_column: RowsTaken(kept)(texts), label_column: means[order]},
        {text_column: Column("text"), label_column: column},
        (label_column,),
        table.name,
        notes,
        kept,
    )


def _with_label_lists(
    table: GivenTable,
    texts: Sequence[Any],
    text_column: str,
    label_column: str,
    class_names: Sequence[str] | None,
    notes: tuple[str, ...],
) -> Source:
    cells = table.cells[label_column]
    if isinstance(cells, np.ndarray) and cells.ndim > 1:
        raise InputError(
            f"Expected lists of labels in column {label_column!r} of {table.name}. Received: an "
            f"array of shape {cells.shape}. Give the names of the labels that hold, or a "
            "kerastune.data.Source whose column is of kind multilabel"
        )
    lists = label_lists(cells, label_column, table.where)
    # Cleaning compares labels as text: sorted and quoted, as a label may hold a comma.
    spelled = [None if labels is None else repr(sorted(set(labels))) for labels in lists]
    rows, cleaned = clean(texts, spelled)
    notes += cleaned
    if not len(rows):
        raise _nothing_left(table, notes)
    values, column = encode_label_lists(
        [lists[row] or [] for row in rows], class_names, lambda at: table.where(int(rows[at]))
    )
    return Source(
        {text_column: RowsTaken(rows)(texts), label_column: values},
        {text_column: Column("text"), label_column: column},
        (label_column,),
        table.name,
        notes,
        rows,
    )


_READERS = {"quantity": _with_quantities, "multilabel": _with_label_lists}
TEXT_TARGETS = tuple(_READERS)
"""The kinds of targets of texts besides classes."""


def _nothing_left(table: GivenTable, notes: tuple[str, ...]) -> InputError:
    return InputError(
        f"Expected texts with what is to be predicted in {table.name}. Received: "
        f"{'; '.join(notes) or 'no rows'}"
    )
