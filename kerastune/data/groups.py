"""Splits that keep groups of samples together, such as all sentences of one document."""

from collections.abc import Callable
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import sklearn

from kerastune.data.cells import Where, row_number
from kerastune.data.coded import MISSING, coded
from kerastune.data.described import reads_nothing
from kerastune.data.given_tables import of_file, table_of
from kerastune.data.source import Source
from kerastune.data.table_columns import RequestedColumns, require_columns
from kerastune.data.table_files import is_table_file, read_table_file
from kerastune.data.table_folders import table_at
from kerastune.errors import InputError

HoldOut = Callable[[Source, float], tuple[Source, Source]]
"""A function from samples and the share to hold out to the rest and the held-out samples."""

_ADVICE = "`--split_by` names the column whose values are kept together"
# Groups are of different sizes and classes, so that one draw may be far from the share.
_DRAWS = 20


def group_split(data: Any, column: str) -> HoldOut:
    """Returns a function that holds out whole groups of samples.

    Out of 20 draws of groups it takes the one whose share of each class, or of all samples where
    there are no classes, is nearest to the fraction. The draws do not depend on the seed of a
    run.

    Args:
        data: the table that the samples are read from: a file, a folder with one, a frame,
            records, columns; or a `Source`.
        column: str, the column of it whose values are the groups.

    Returns:
        A function from a `Source` that was read from the data, and a fraction between 0 and 1,
        to two of them: the rest and the held-out samples, each in their order. A note on the
        second tells how many groups it has.

    Raises:
        InputError: if the data are no table, have no such column, or lack a value in it; by
            that function, if there are fewer than two groups, or one holds a whole class.

    Example:

    >>> table = {"page": ["a", "a", "b", "c"], "text": list("wxyz"), "label": [0, 1, 0, 1]}
    >>> source = Source.of(table["text"], table["label"], class_names=("no", "yes"))
    >>> rest, held_out = group_split(table, "page")(source, 0.5)
    >>> rest.values["text"], held_out.values["text"], held_out.notes
    (['w', 'x'], ['y', 'z'], ("2 of 3 groups by 'page' held out, 50 % of the samples",))
    """
    if reads_nothing():
        return lambda source, _: (source, source)
    groups = _groups_by_row(data, column)

    def hold_out(source: Source, fraction: float) -> tuple[Source, Source]:
        of_samples = groups[source.row_numbers]
        rest, held_out = _nearest_draw(source, of_samples, fraction, column)
        held = source.select(held_out)
        note = (
            f"{len(np.unique(of_samples[held_out]))} of {len(np.unique(of_samples))} groups by "
            f"{column!r} held out, {len(held_out) / len(source):.0%} of the samples"
        ).replace("%", " %")
        return source.select(rest), replace(held, notes=(*held.notes, note))

    return hold_out


def _groups_by_row(data: Any, column: str) -> np.ndarray:
    """Returns the number of the group of each row of the data."""
    values, rows, where = _column(data, column)
    found = coded(values).codes
    missing = np.flatnonzero(found == MISSING)
    if len(missing):
        raise InputError(
            f"Expected a value of {column!r} for each sample, to split by it. Received: none in "
            f"{where(int(missing[0]))}, and {len(missing)} of {len(found)} without. Fill them in, "
            "or leave these rows out"
        )
    by_row = np.full(int(rows.max()) + 1, MISSING)
    by_row[rows] = found
    return by_row


def _column(data: Any, name: str) -> tuple[Any, np.ndarray, Where]:
    """Returns the values of a column of data, the rows that they are in, and how to call those."""
    if isinstance(data, Source):
        data.require(name)
        return data.values[name], data.row_numbers, row_number
    if isinstance(data, str | PathLike):
        path = Path(data)
        if not path.is_dir() and not is_table_file(path):
            raise InputError(
                f"Expected a table, to split by its column {name!r}. Received: {str(data)!r}, "
                "which has no such column. Give a table, or leave `split_by` out"
            )
        path = table_at(path)
        table = of_file(path, read_table_file(path, RequestedColumns([name], advice=_ADVICE)))
    elif isinstance(data, tuple):
        raise InputError(
            f"Expected a table, to split by its column {name!r}. Received: a pair of inputs and "
            "labels. Give a frame, records or columns"
        )
    else:
        table = table_of(data)
        require_columns([name], table.cells, table.name, _ADVICE)
    return table.cells[name], np.arange(len(table)), table.where


def _nearest_draw(
    source: Source, groups: np.ndarray, fraction: float, column: str
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the positions of the rest and of the held-out samples, in ascending order."""
    count = len(np.unique(groups))
    if count < 2:
        raise InputError(
            f"Expected at least 2 groups by {column!r}, to hold one out. Received: {count} in "
            f"{source.name}. Split by another column, or give data to test on"
        )
    labels = _labels(source)
    sizes = np.bincount(labels)
    draws = sklearn.model_selection.GroupShuffleSplit(
        _DRAWS, test_size=min(max(fraction, 1 / count), 1 - 1 / count), random_state=0
    )
    best, least = None, np.inf
    for rest, held_out in draws.split(labels, groups=groups):
        shares = np.bincount(labels[held_out], minlength=len(sizes)) / np.maximum(sizes, 1)
        distance = float(np.abs(shares - fraction)[sizes > 0].mean())
        if (shares < 1).all() and distance < least:
            best, least = (np.sort(rest), np.sort(held_out)), distance
    if best is None:
        raise InputError(
            f"Expected samples of each class in several groups by {column!r}. Received: a class "
            f"whose samples in {source.name} are in one. Split by another column"
        )
    return best


def _labels(source: Source) -> np.ndarray:
    """Returns the classes to share out evenly; zeros where there is not one target of classes."""
    targets = [name for name in source.targets if source.columns[name].kind == "class"]
    if len(targets) != 1:
        return np.zeros(len(source), int)
    return np.asarray(source.values[targets[0]], int)
