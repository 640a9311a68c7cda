"""Tables that list images, by their paths or as they are, with what is to be predicted."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.given_tables import GivenTable
from kerastune.data.image_files import Images, as_image, could_be_image
from kerastune.data.image_paths import find_images
from kerastune.data.joint_quantities import as_one_quantity, named_columns
from kerastune.data.labels import are_whole_numbers
from kerastune.data.missing import is_absent
from kerastune.data.source import Source
from kerastune.data.table_columns import require_columns
from kerastune.data.table_notes import left_out_notes, listed
from kerastune.data.table_targets import read_target
from kerastune.errors import InputError, WrongDataError

_LOOKED_AT = 20  # rows
_PATH_NAMES = ("image", "img", "file_name", "filename", "path", "image_path", "image_id", "id_code")


def labelled_images(
    table: GivenTable,
    *,
    root: Path | None = None,
    image_column: str | None = None,
    label_columns: Sequence[str] | None = None,
    target_kind: str | None = None,
    class_names: Sequence[str] | None = None,
) -> Source:
    """Returns images and what is to be predicted of them, of a table however it was given.

    Paths are relative to the folder of the table, or lie in a folder beside it, see
    `find_images`. Rows without an image, or without a label, are dropped.

    Args:
        table: `GivenTable`.
        root: Path of the folder of the table. Defaults to the working folder.
        image_column: str, the column of paths or images. Defaults to the only one that looks
            like it.
        label_columns: sequence of str, the columns to predict, also as one text with commas; an
            empty one for all others. Defaults to `label`, or else the only other column.
        target_kind: str, `"class"` or `"quantity"`, for all of them; several quantities are
            then one target, an array in their order. By default numbers with fractions are
            quantities, and whole numbers too where few come back.
        class_names: sequence of str, the classes that are known, of one target.

    Returns:
        A `Source` with the input `image`, read when it is asked for.

    Raises:
        InputError: if a column is missing or cannot be told, no image is there, or a label does
            not fit.

    Example:

    >>> table = GivenTable({"photo": [np.zeros((4, 5, 3))] * 3, "age": [18, 41, None]}, "people")
    >>> source = labelled_images(table, target_kind="quantity")
    >>> source.values["age"].tolist(), source.notes
    ([18.0, 41.0], ("1 of 3 rows dropped: no 'age'",))
    """
    image_column = find_image_column(table, image_column)
    targets = _label_columns(table, image_column, label_columns)
    images, present, image_notes = table_images(table, image_column, root)
    read = {name: _target(table, name, target_kind, class_names) for name in targets}
    rows = present
    for indices, _, _, _ in read.values():
        rows = np.intersect1d(rows, indices)
    notes = (*table.notes, *image_notes)
    for name, (indices, _, _, target_notes) in read.items():
        kept = np.intersect1d(present, indices)
        notes += (*target_notes, *_dropped(len(table), kept, present, name))
    if not len(rows):
        raise InputError(
            f"Expected images with {listed(targets)} in {table.name}. Received: {'; '.join(notes)}"
        )
    others = [name for name in table.cells if name not in (image_column, *targets)]
    notes += left_out_notes(others, "it is not predicted", "they are not predicted")
    values: dict[str, Any] = {"image": Images(images, rows.tolist())}
    columns = {"image": Column("image", shape=as_image(images[int(rows[0])]).shape)}
    for name, (indices, found, column, _) in read.items():
        key = name if name != "image" else "image label"
        values[key] = found[np.searchsorted(indices, rows)]
        columns[key] = column
    source = Source(values, columns, tuple(columns)[1:], table.name, notes, rows)
    return as_one_quantity(source) if target_kind == "quantity" else source


def lists_images(table: GivenTable) -> bool:
    """Returns whether a table has a column of images or of their paths.

    Args:
        table: `GivenTable`.

    Example:

    >>> lists_images(GivenTable({"file": ["a.png", "b.JPG"], "age": [1, 2]}, "people"))
    True
    """
    return any(_looks_like_images(values) for values in table.cells.values())


def find_image_column(table: GivenTable, name: str | None = None) -> str:
    """Returns the column of images or of their paths.

    Args:
        table: `GivenTable`.
        name: str, the column that was asked for, or None for the only one that looks like it.

    Raises:
        InputError: if there is no such column, or it cannot be told.

    Example:

    >>> find_image_column(GivenTable({"file": ["a.png", "b.JPG"], "age": [1, 2]}, "people"))
    'file'
    """
    if name is not None:
        require_columns([name], table.cells, table.name, "Name it by `--image_column`")
        return name
    found = [name for name, values in table.cells.items() if _looks_like_images(values)]
    if not found:
        found = [name for name in table.cells if name.lower() in _PATH_NAMES]
    if len(found) != 1:
        raise WrongDataError(
            f"Expected a column of images or of their paths in {table.name}. Received: columns "
            f"{listed(list(table.cells))}, {'several' if found else 'none'} of which could be it. "
            "Name it by `--image_column`"
        )
    return found[0]


def table_images(
    table: GivenTable, column: str, root: Path | None
) -> tuple[Any, np.ndarray, tuple[str, ...]]:
    """Returns the images of a table, or their paths, and which rows have a whole one.

    Args:
        table: `GivenTable`.
        column: str, the column of images or of their paths.
        root: Path of the folder that paths begin in. Defaults to the working folder.

    Returns:
        A tuple of what `as_image` takes, for all rows; the rows that have one, an int array; and
        notes on the others.

    Raises:
        InputError: if paths are given, and none leads to a file.

    Example:

    >>> table = GivenTable({"photo": [np.zeros((4, 5)), None]}, "people")
    >>> table_images(table, "photo", None)[1:]
    (array([0]), ("1 of 2 rows dropped: no 'photo'",))
    """
    values = table.cells[column]
    if _are_paths(values):
        names = ["" if _is_blank(value) else str(value) for value in values]
        return find_images(names, root or Path(), table)
    present = np.flatnonzero([value is not None for value in values]).astype(int)
    return values, present, _dropped(len(table), present, np.arange(len(table)), column)


def _looks_like_images(values: Any) -> bool:
    """Returns whether the first values of a column are images or their paths."""
    first = [values[row] for row in range(min(len(values), _LOOKED_AT))]
    present = [value for value in first if not _is_blank(value)]
    return bool(present) and all(map(could_be_image, present))


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str | float) and is_absent(value))


def _label_columns(table: GivenTable, image_column: str, names: Sequence[str] | None) -> list[str]:
    others = [name for name in table.cells if name != image_column]
    if names is not None and not names:
        return others
    if names is not None:
        names = named_columns(names, others)
        require_columns(names, others, table.name, "Name the columns to predict")
        return names
    if "label" in others:
        return ["label"]
    if len(others) != 1:
        raise WrongDataError(
            f"Expected a column 'label' in {table.name}, or one column besides {image_column!r}. "
            f"Received: {listed(others) or 'no other column'}. Name the one to predict by "
            "`--label_column`"
        )
    return others


def _are_paths(values: Any) -> bool:
    first = next((value for value in values if not _is_blank(value)), "")
    return isinstance(first, str | PathLike | int | np.integer)


def _target(
    table: GivenTable, name: str, kind: str | None, class_names: Sequence[str] | None
) -> tuple[np.ndarray, np.ndarray, Column, tuple[str, ...]]:
    """Returns the rows that have a target, its values, its column and notes."""
    if kind is None:
        rows, values, column, notes = read_target(table, name, class_names=class_names)
        names = column.class_names or ()
        is_new = column.kind == "class" and class_names is None
        if is_new and are_whole_numbers(names) and len(names) ** 2 > len(rows):
            return read_target(table, name, kind="quantity")
        return rows, values, column, notes
    return read_target(table, name, kind=kind, class_names=class_names)


def _dropped(size: int, kept: np.ndarray, among: np.ndarray, name: str) -> tuple[str, ...]:
    lost = len(among) - len(kept)
    return (f"{lost} of {size} rows dropped: no {name!r}",) if lost else ()
