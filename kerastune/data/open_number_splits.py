"""Splits for recipes for rows of numbers."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from kerastune.data.bundled_tables import NAMED_TABLES
from kerastune.data.frames import looks_like_frame
from kerastune.data.open_splits import open_splits
from kerastune.data.open_table_splits import open_table_splits
from kerastune.data.parts import Parts, parts_of
from kerastune.data.readers import number_reader
from kerastune.data.records import looks_like_records
from kerastune.data.source import Source
from kerastune.data.splits import Splits
from kerastune.data.table_files import is_table_file
from kerastune.errors import InputError


def open_number_splits(
    data: Any,
    options: Mapping[str, Any] | None = None,
    *,
    target: str | None = None,
    drop: Sequence[str] | None = None,
) -> Splits:
    """Opens rows of numbers, a table or an array, and shares them out.

    Args:
        data: a table, as for `open_table`; or what `open_data` takes, such as a pair of arrays.
        options: dictionary with `test_data`, `test_fraction` and `validation_fraction`, as for
            `open_splits`.
        target: str, the column of a table to predict. Named tables bring their own.
        drop: sequence of str, columns of a table to leave out. Defaults to none.

    Returns:
        `Splits` with a target of kind `quantity`.

    Raises:
        InputError: if the data cannot be opened or shared out so, or have no columns of which to
            take a target or to drop some.

    Example:

    >>> splits = open_number_splits({"size": [1, 2, 3, 4], "price": [3, 5, 7, 9]}, target="price")
    >>> splits.training.inputs, splits.training.target_values.tolist()
    (('size',), [3.0, 5.0, 9.0])
    """
    parts = parts_of(data) or Parts(data)
    if _is_table(parts.training):
        return open_table_splits(data, options, target_kind="quantity", target=target, drop=drop)
    splits = open_splits(data, options, target_kind="quantity", open_with=number_reader())
    given = {"target": target, "drop": drop or None}
    if named := [f"{name}={value!r}" for name, value in given.items() if value is not None]:
        raise InputError(
            f"Expected no {' or '.join(given)}, which are of columns of a table, for data that has "
            f"none. Received: {', '.join(named)}. Leave it out"
        )
    return splits


def _is_table(data: Any) -> bool:
    if isinstance(data, Source):
        return all(column.kind != "array" for column in data.columns.values())
    if isinstance(data, str | PathLike):
        return data in NAMED_TABLES or is_table_file(Path(data)) or Path(data).is_dir()
    return isinstance(data, Mapping) or looks_like_frame(data) or looks_like_records(data)
