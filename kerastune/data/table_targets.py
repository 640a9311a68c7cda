"""The target of a table: classes or quantities, and the rows that have one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerastune.data.cell_kinds import ReadColumn, read_column
from kerastune.data.cells import as_categories
from kerastune.data.coded import MISSING, Coded, coded
from kerastune.data.columns import Column
from kerastune.data.given_tables import GivenTable
from kerastune.data.labels import encode_labels
from kerastune.data.missing import spells_missing
from kerastune.errors import InputError


def read_target(
    table: GivenTable,
    name: str,
    *,
    kind: str | None = None,
    class_names: Sequence[str] | None = None,
) -> tuple[np.ndarray, np.ndarray, Column, tuple[str, ...]]:
    """Reads the target of a table.

    Args:
        table: `GivenTable`.
        name: str, the column to predict.
        kind: str, `"class"` or `"quantity"`. By default what the table knows; else numbers with
            fractions are quantities, and whole numbers, texts and booleans classes.
        class_names: sequence of str, the classes that are known. By default those that the
            table knows, or those found.

    Returns:
        A tuple of the positions of the rows that have a target, int array of shape `(rows,)`;
        their targets, int positions in the class names or float64 quantities; the `Column`;
        and notes on how they were read.

    Raises:
        InputError: if a value does not fit the kind, no row has a target, or there is one
            class only or another than those known.

    Example:

    >>> games = GivenTable({"won": ["yes", None, "no"]}, "games")
    >>> rows, targets, column, notes = read_target(games, "won")
    >>> rows.tolist(), targets.tolist(), column.class_names
    ([0, 2], [1, 0], ('no', 'yes'))
    """
    cells, known = table.cells[name], table.columns.get(name)
    if known is not None and known.kind in ("class", "quantity"):
        kind = kind or known.kind
        class_names = class_names or known.class_names
    wanted = "number" if kind == "quantity" else None
    try:
        read = read_column(
            cells,
            name,
            spelled=table.spelled,
            kind=wanted,
            where=table.where,
            decimal_comma=table.decimal_comma,
        )
    except InputError as error:
        if wanted is None:
            raise
        raise InputError(
            f"{error}. To predict classes, choose a recipe for classification"
        ) from error
    if kind is None:
        kind = "quantity" if _first_fraction(read) is not None else "class"
    if kind == "quantity":
        numbers = np.asarray(read.values)
        rows = _present(~np.isnan(numbers), name, table)
        return rows, numbers[rows], Column("quantity"), read.notes
    labels = _labels(read, name, table)
    rows = _present(labels.codes != MISSING, name, table)
    codes, names = encode_labels(
        labels.rows(rows), class_names, where=lambda at: table.where(int(rows[at]))
    )
    return rows, codes, Column("class", class_names=names), ()


def _labels(read: ReadColumn, name: str, table: GivenTable) -> Coded:
    if read.kind == "number":
        fraction = _first_fraction(read)
        if fraction is not None:
            raise InputError(
                f"Expected classes in column {name!r} of {table.name}: text or whole numbers. "
                f"Received: {read.values[fraction]} in {table.where(fraction)}. Choose a recipe "
                "for regression, or another target"
            )
    if read.kind == "date":
        raise InputError(
            f"Expected classes or numbers in the target {name!r} of {table.name}. Received: dates. "
            "Choose another target"
        )

    def as_label(value: Any, position: int) -> str | None:
        label = as_categories([value], name, lambda _: table.where(position))[0]
        return None if table.spelled and spells_missing(label) else label

    return coded(read.values if read.kind == "number" else table.cells[name]).converted(as_label)


def _first_fraction(read: ReadColumn) -> int | None:
    """Returns the position of the first number that is not whole."""
    if read.kind != "number":
        return None
    numbers = np.asarray(read.values)
    fractions = np.flatnonzero((numbers != np.round(numbers)) & ~np.isnan(numbers))
    return int(fractions[0]) if len(fractions) else None


def _present(present: np.ndarray, name: str, table: GivenTable) -> np.ndarray:
    """Returns the positions of the rows that have a target, or the error if none has."""
    if not present.any():
        raise InputError(
            f"Expected rows with a value in the target {name!r} of {table.name}. Received: "
            f"{len(present)} rows without"
        )
    return np.flatnonzero(present)
