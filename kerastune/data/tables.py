"""Tables of texts and labels."""

import json
from collections.abc import Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import polars

from kerastune.data.cleaning import labelled_texts
from kerastune.data.source import Source
from kerastune.data.table_files import read_table_file
from kerastune.errors import InputError


def read_table(
    path: str | PathLike,
    *,
    text_column: str = "text",
    label_column: str = "label",
    class_names: Sequence[str] | None = None,
) -> Source:
    """Reads texts and their labels from a table.

    The suffix tells the format: `.csv`, `.tsv`, `.jsonl` (or `.ndjson`) or `.parquet`.
    Text formats are UTF-8. Rows without a text or a label are dropped, repeated rows
    are kept once, and texts with contradictory labels are dropped; `Source.notes`
    tells how many. Blanks around a text or a label do not count.

    CSV and TSV files hold text only, so `0.5` there is the name of a class. The other
    formats have types: numbers with fractions are no labels, and numbers no texts.

    Args:
        path: str or path of the file.
        text_column: str, the column of texts. Defaults to `"text"`.
        label_column: str, the column of labels: text, whole numbers or booleans.
            Defaults to `"label"`.
        class_names: sequence of str, the classes that are known. Give the training
            data's when reading test data. By default, the labels found, sorted.

    Returns:
        A `Source` with an input of kind `text` and a target of kind `class`, named after
        their columns.

    Raises:
        InputError: if the file is missing, empty, broken or cannot be read, a column is
            missing or of another type, only one class is there, or a label is not among
            the `class_names`.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "reviews.csv"
    >>> _ = path.write_text("text,label\\nA joy,good\\nA bore,bad\\n,bad\\n")
    >>> source = read_table(path)
    >>> source.values["text"], source.columns["label"].class_names
    (['A joy', 'A bore'], ('bad', 'good'))
    >>> source.notes
    ('1 of 3 rows dropped: no text',)
    """
    path = Path(path)
    cells = read_table_file(
        path, [text_column, label_column], partial(_refused, text_column=text_column)
    )
    texts, labels = (_series(cells[name], path) for name in (text_column, label_column))
    if texts.dtype not in (polars.String, polars.Null):
        raise InputError(
            f"Expected text in column {text_column!r} of {path}. Received: {texts.dtype}"
        )
    if not _holds_classes(labels.dtype):
        raise InputError(
            f"Expected class names or whole numbers in column {label_column!r} of {path}. "
            f"Received: {labels.dtype}"
        )
    return labelled_texts(
        texts.to_list(),
        labels.cast(polars.String).to_list(),
        class_names=class_names,
        name=path.name,
        where=lambda position: f"row {position + 1} of {path}",
        unit="rows",
        text_name=text_column,
        label_name=label_column,
    )


def read_columns(path: str | PathLike, columns: Sequence[str]) -> dict[str, list]:
    """Reads some columns of a table, whatever they hold.

    Args:
        path: str or path of the file, of a format that `read_table` takes.
        columns: sequence of str, their names.

    Returns:
        Dictionary from each name to the list of its values, None where one is missing.

    Raises:
        InputError: if the file cannot be read, or a column is missing.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "reviews.csv"
    >>> _ = path.write_text("text,label\\nA joy,good\\n")
    >>> read_columns(path, ["label"])
    {'label': ['good']}
    """
    cells = read_table_file(Path(path), columns)
    return {name: list(cells[name]) for name in columns}


def _refused(column: str, value: Any, text_column: str) -> str | None:
    """What a value of a JSON file should have been, if it is neither a text nor a label."""
    if column == text_column:
        return None if isinstance(value, str | None) else f"text or null as {column!r}"
    if isinstance(value, str | int | None):
        return None
    return f"text, a whole number, true, false or null as {column!r}"


def _series(cells: Sequence[Any] | polars.Series, path: Path) -> polars.Series:
    """A column as a series, of text where the file has no types."""
    if isinstance(cells, polars.Series):
        return cells
    try:
        return polars.Series([_as_text(cell) for cell in cells], dtype=polars.String)
    except UnicodeEncodeError as error:
        raise InputError(f"Expected Unicode text. Received: {path}, {error}") from error


def _as_text(value: str | int | None) -> str | None:
    """A label of a JSON file as text: true and false as JSON writes them."""
    return value if isinstance(value, str | None) else json.dumps(value)


def _holds_classes(dtype: polars.DataType) -> bool:
    """Whether a column's values can be names of classes."""
    texts = (polars.String, polars.Categorical, polars.Enum, polars.Boolean, polars.Null)
    return dtype.is_integer() or dtype in texts
