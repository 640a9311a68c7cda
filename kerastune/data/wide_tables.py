"""Wide tables: a column of numbers, categories or dates for each input, and one to predict."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerastune.data.cell_kinds import TABLE_KINDS, ReadColumn, read_column
from kerastune.data.columns import Column
from kerastune.data.given_tables import GivenTable
from kerastune.data.rows_taken import RowsTaken
from kerastune.data.similar_labels import noted_labels
from kerastune.data.source import Source
from kerastune.data.source_tables import given_table
from kerastune.data.table_columns import require_columns
from kerastune.data.table_notes import (
    dropped_notes,
    identifier_notes,
    kind_notes,
    left_out_notes,
    listed,
    never_vary,
)
from kerastune.data.table_targets import read_target
from kerastune.errors import InputError

# What the targets of a source are when another column is to be predicted.
_AS_INPUT = {"class": "category", "quantity": "number"}


def open_table(
    data: Any,
    *,
    target: str | None = None,
    target_kind: str | None = None,
    class_names: Sequence[str] | None = None,
    drop: Sequence[str] = (),
    kinds: Mapping[str, str] | None = None,
) -> Source:
    """Opens a table, with a column of the source for each of its columns.

    Numbers, categories and dates are told apart by their values, see `read_column`; the
    notes of the source say what was found. Of text formats these spellings are missing
    values, in upper or lower case: nothing, `NA`, `N/A`, `NaN`, `null`, `None`, `?`, `-`; in
    other formats an empty text is. Rows without a target are dropped, and columns that never
    vary left out. A column with another value in every row is kept, and noted.

    Args:
        data: one of
            - the path of a CSV, TSV, JSONL or Parquet file;
            - a frame of Polars or pandas;
            - a list of dictionaries, one a row, or a dictionary of columns;
            - a named table: `"breast_cancer"`, `"wine"`, `"diabetes_table"` or `"autompg"`;
            - a `Source`, or a scheme that an `opener` gives one for.
        target: str, the column to predict. Named tables and sources bring their own.
        target_kind: str, `"class"` or `"quantity"`. By default numbers with fractions are
            quantities, and all else classes.
        class_names: sequence of str, the classes that are known. By default, those of the
            data.
        drop: sequence of str, columns to leave out, such as identifiers.
        kinds: dictionary from the name of an input to `"number"`, `"category"` or `"date"`,
            for columns that are to be read as another kind than their values tell.

    Returns:
        A `Source`. Numbers are a float64 array with NaN for missing ones; categories lists of
        str, and dates of datetime, with None for missing ones; of many rows, sequences that read
        them from the disk. The target is of kind `class`
        or `quantity`.

    Raises:
        InputError: if the table cannot be read, a column is missing, a value does not fit its
            column, a number is infinite, no row or column is left, or `drop` is no list.

    Example:

    >>> source = open_table(
    ...     {"age": [30, 41, None], "city": ["Bonn", "Rome", "Bonn"], "won": ["no", "yes", "no"]},
    ...     target="won",
    ... )
    >>> source[2], source.columns["city"].kind
    ({'age': np.float64(nan), 'city': 'Bonn', 'won': np.int64(0)}, 'category')
    >>> source.notes
    ("numbers: 'age'", "categories: 'city'", "missing values: 'age' (1)")
    """
    require_list("drop", drop)
    table = given_table(data)
    name = _target_name(target, table)
    require_columns([name, *drop, *(kinds or {})], table.cells, table.name)
    rows, targets, column, target_notes = read_target(
        table, name, kind=target_kind, class_names=class_names
    )
    known = {other: _AS_INPUT.get(c.kind, c.kind) for other, c in table.columns.items()}
    asked = {**known, **_checked(kinds or {}, name)}
    inputs = [other for other in table.cells if other != name and other not in drop]
    read = _read(table, {other: asked.get(other) for other in inputs}, rows)
    constant = never_vary(read)
    kept = {other: found for other, found in read.items() if other not in constant}
    if not kept:
        raise InputError(
            f"Expected an input that varies in {table.name}, besides the target {name!r}. "
            f"Received: {listed(constant) or 'no other column'}"
        )
    notes = (
        *table.notes,
        *kind_notes(kept),
        *target_notes,
        *dropped_notes(len(table), len(rows), name),
        *left_out_notes(constant, "it never varies", "they never vary"),
        *identifier_notes(kept),
    )
    columns = {other: _described(found, table.columns.get(other)) for other, found in kept.items()}
    values = {other: found.values for other, found in kept.items()}
    return noted_labels(
        Source(
            {**values, name: targets}, {**columns, name: column}, (name,), table.name, notes, rows
        )
    )


def open_table_like(
    data: Any, columns: Mapping[str, Column], targets: Sequence[str] = ()
) -> Source:
    """Opens a table with the columns of another, such as test samples or rows to predict.

    Every column is read as the kind that it has there, whatever its values would tell here,
    and none is left out. Columns that are not known are, with a note.

    Args:
        data: a table, as for `open_table`.
        columns: dictionary from the name of each column to its `Column`.
        targets: sequence of str, those of them to predict; at most one. Defaults to none.

    Returns:
        A `Source`.

    Raises:
        InputError: if a column is missing, or a value does not fit it.

    Example:

    >>> source = open_table({"size": [1.5, 2.5], "sold": [1, 0]}, target="sold")
    >>> open_table_like([{"size": 3, "shop": "Rome"}], {"size": source.columns["size"]}).notes
    ("left out, as the training data lacks it: 'shop'",)
    """
    table = given_table(data)
    require_columns(list(columns), table.cells, table.name)
    rows, values, notes = np.arange(len(table)), {}, table.notes
    for name in targets:
        wanted = columns[name]
        rows, values[name], _, target_notes = read_target(
            table, name, kind=wanted.kind, class_names=wanted.class_names
        )
        notes += (*target_notes, *dropped_notes(len(table), len(rows), name))
    read = _read(table, {n: column.kind for n, column in columns.items() if n not in targets}, rows)
    notes += tuple(note for found in read.values() for note in found.notes)
    others = [name for name in table.cells if name not in columns]
    notes += left_out_notes(others, "the training data lacks it", "the training data lacks them")
    return Source(
        {**{name: found.values for name, found in read.items()}, **values},
        columns,
        tuple(targets),
        table.name,
        notes,
        rows,
    )


def _read(
    table: GivenTable, kinds: Mapping[str, str | None], rows: np.ndarray
) -> dict[str, ReadColumn]:
    """Returns columns of a table, as the kinds that are asked for or found, at some rows."""
    read = {}
    take = RowsTaken(rows)
    for name, kind in kinds.items():
        found = read_column(
            table.cells[name],
            name,
            spelled=table.spelled,
            kind=kind,
            where=table.where,
            decimal_comma=table.decimal_comma,
        )
        values = found.values if len(rows) == len(table) else take(found.values)
        read[name] = ReadColumn(found.kind, values, found.notes)
    return read


def require_list(setting: str, names: Any) -> None:
    """Raises for a text in the place of a list, which is a list of letters to Python.

    Args:
        setting: str, for the message.
        names: list of str, or None.

    Raises:
        InputError: if it is a text.

    Example:

    >>> require_list("drop", ["age"])
    """
    if isinstance(names, str):
        raise InputError(
            f"Expected a list of columns as {setting}. Received: {names!r}. Write [{names!r}]"
        )


def _target_name(target: str | None, table: GivenTable) -> str:
    if target is not None:
        return target
    if len(table.targets) == 1:
        return table.targets[0]
    raise InputError(
        f"Expected `target`, the column of {table.name} to predict. Received: none. Choose one of "
        f"{listed(list(table.cells))}"
    )


def _checked(kinds: Mapping[str, str], target: str) -> Mapping[str, str]:
    """Returns the kinds that are asked for, if they are kinds of inputs."""
    for name, kind in kinds.items():
        if kind not in TABLE_KINDS or name == target:
            raise InputError(
                f"Expected a kind out of {', '.join(TABLE_KINDS)} for inputs. Received: {kind!r} "
                f"for {'the target ' if name == target else ''}{name!r}"
            )
    return kinds


def _described(read: ReadColumn, known: Column | None) -> Column:
    """Returns the description of a column, with the categories that are known."""
    return known if known is not None and known.kind == read.kind else Column(read.kind)
