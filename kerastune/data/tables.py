"""Tables of texts and labels."""

from collections.abc import Iterable, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from reprlib import repr as shortened
from typing import Any

import numpy as np

from kerastune.data.cells import as_categories, is_missing
from kerastune.data.cleaning import labelled_texts
from kerastune.data.coded import Coded, coded
from kerastune.data.given_tables import GivenTable, of_file
from kerastune.data.in_pieces import Converted, InPieces, dtype_of
from kerastune.data.missing import spells_missing
from kerastune.data.source import Source
from kerastune.data.table_columns import (
    CellRule,
    RequestedColumns,
    require_columns,
    scalar_cells,
)
from kerastune.data.table_files import read_table_file
from kerastune.errors import InputError, WrongDataError
from kerastune.lazy_polars import polars


def read_table(
    path: str | PathLike,
    *,
    text_column: str = "text",
    label_column: str = "label",
    class_names: Sequence[str] | None = None,
) -> Source:
    """Reads texts and their labels from a table.

    The suffix tells the format, see `TABLE_SUFFIXES`. Rows without a text or a label are
    dropped, repeated rows are kept once, and texts with contradictory labels are dropped;
    `Source.notes` tells how many. Blanks around a text or a label do not count.

    CSV and TSV files hold text only, so `0.5` there is the name of a class, and `NA`, `N/A`,
    `NaN` and `null` are missing. The other formats have types: numbers with fractions are no
    labels, and numbers no texts.

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
    rule = partial(_refused, text_column=text_column)
    wanted = RequestedColumns(list(dict.fromkeys([text_column, label_column])), rule, ADVICE)
    return labelled_table(
        of_file(path, read_table_file(path, wanted)),
        text_column=text_column,
        label_column=label_column,
        class_names=class_names,
    )


def labelled_table(
    table: GivenTable,
    *,
    text_column: str = "text",
    label_column: str = "label",
    class_names: Sequence[str] | None = None,
) -> Source:
    """Returns texts and their labels, of a table however it was given.

    Args:
        table: `GivenTable`.
        text_column: str, the column of texts. Defaults to `"text"`.
        label_column: str, the column of labels. Defaults to `"label"`.
        class_names: sequence of str, the classes that are known. By default, those found.

    Returns:
        A `Source`, as `read_table` gives it.

    Raises:
        InputError: likewise.

    Example:

    >>> table = GivenTable({"text": ["a joy", "a bore"], "stars": [5.0, 1.0]}, "reviews")
    >>> labelled_table(table, label_column="stars").columns["stars"].class_names
    ('1', '5')
    """
    require_columns([text_column, label_column], table.cells, table.name, ADVICE)
    texts, text_notes = table_texts(table, text_column)
    labels = _labels(table, label_column)
    notes = table.notes + text_notes
    if table.spelled:
        notes += _spelled_note(labels, label_column)
        labels = labels.converted(lambda label, _: None if spells_missing(label) else label)
    return labelled_texts(
        texts,
        labels,
        class_names=class_names,
        name=table.name,
        where=table.where,
        unit="rows",
        text_name=text_column,
        label_name=label_column,
        notes=notes,
    )


def table_texts(table: GivenTable, column: str) -> tuple[Sequence[str | None], tuple[str, ...]]:
    """Returns the texts of a column, and a note on words such as NA, which are read as missing.

    Args:
        table: `GivenTable`.
        column: str, the column of texts.

    Raises:
        InputError: if the column holds something else.

    Example:

    >>> table_texts(GivenTable({"text": ["a joy", "NA"]}, "reviews", spelled=True), "text")
    (['a joy', None], ("'NA' in column 'text' read as missing (1)",))
    """
    texts = _texts(table, column)
    return (_without_spelled(texts), _spelled_note(texts, column)) if table.spelled else (texts, ())


def read_columns(
    path: str | PathLike, columns: Sequence[str], rule: CellRule = scalar_cells
) -> dict[str, list]:
    """Reads some columns of a table, whatever they hold.

    Args:
        path: str or path of the file, of a format that `read_table` takes.
        columns: sequence of str, their names.
        rule: function that tells which values of a JSON file are refused. Defaults to lists
            and dictionaries.

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
    cells = read_table_file(Path(path), RequestedColumns(columns, rule)).cells
    return {name: list(cells[name]) for name in columns}


ADVICE = "Name the columns of texts and labels by `--text_column` and `--label_column`"
"""What to do where one of the two columns is missing."""


def _refused(column: str, value: Any, text_column: str) -> str | None:
    """Returns the fault of a JSON value that is neither a text nor a label."""
    if column == text_column:
        return None if isinstance(value, str | None) else f"text or null as {column!r}"
    if isinstance(value, str | int | None) or (isinstance(value, float) and value.is_integer()):
        return None
    return f"text, a whole number, true, false or null as {column!r}"


def _texts(table: GivenTable, column: str) -> Sequence[str | None]:
    cells = table.cells[column]
    dtype = dtype_of(cells)
    if dtype is not None and dtype not in _text_types():
        raise WrongDataError(
            f"Expected text in column {column!r} of {table.name}. Received: {dtype}. Another "
            "column is chosen by `--text_column`"
        )

    def checked(start: int, piece: Any) -> list[str | None]:
        texts = list(piece)
        for position, text in enumerate(texts, start):
            if not (isinstance(text, str) or is_missing(text)):
                raise WrongDataError(
                    f"Expected text in column {column!r} of {table.name}. Received: "
                    f"{shortened(text)} in {table.where(position)}. Another column is chosen by "
                    "`--text_column`"
                )
            _require_unicode(text, table, position)
        return texts

    return Converted(cells, checked) if isinstance(cells, InPieces) else checked(0, cells)


def _labels(table: GivenTable, column: str) -> Coded:
    """Returns the labels of a column as text: whole numbers without a fraction, true and false."""
    cells = table.cells[column]
    dtype = dtype_of(cells)
    if dtype is not None and not _holds_classes(dtype):
        raise _no_class(column, table, dtype)

    def checked(value: Any, position: int) -> Any:
        is_class = isinstance(value, str | int | np.integer | np.bool_)
        if not is_class and not (isinstance(value, float | np.floating) and value == value // 1):
            raise _no_class(column, table, f"{shortened(value)} in {table.where(position)}")
        _require_unicode(value, table, position)
        return as_categories([value], column, lambda _: table.where(position))[0]

    return coded(cells).converted(checked)


def _no_class(column: str, table: GivenTable, received: Any) -> InputError:
    return InputError(
        f"Expected class names or whole numbers in column {column!r} of {table.name}. Received: "
        f"{received}. Another column is chosen by `--label_column`"
    )


def _require_unicode(text: Any, table: GivenTable, position: int) -> None:
    """Raises for half a character, which JSON can spell."""
    try:
        if isinstance(text, str):
            text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"Expected Unicode text. Received: {table.where(position)}, {error}"
        ) from error


def _spelled_note(values: Iterable[str | None], column: str) -> tuple[str, ...]:
    """Returns a note on words such as NA, which are read as missing."""
    words = (value for value in values if spells_missing(value))
    first = next(words, None)
    if first is None:
        return ()
    return (f"{first!r} in column {column!r} read as missing ({1 + sum(1 for _ in words)})",)


def _without_spelled(values: Sequence[str | None]) -> Sequence[str | None]:
    """Returns texts with None for words such as NA."""

    def without(start: int, piece: Any) -> list[str | None]:  # noqa: ARG001
        return [None if spells_missing(value) else value for value in piece]

    return Converted(values, without) if isinstance(values, InPieces) else without(0, values)


def _holds_classes(dtype: "polars.DataType") -> bool:
    """Returns whether a column's values can be names of classes; of floats, each tells."""
    return dtype.is_numeric() or dtype in (*_text_types(), polars.Boolean)


def _text_types() -> tuple[type["polars.DataType"], ...]:
    """The types of columns of text."""
    return polars.String, polars.Categorical, polars.Enum, polars.Null
