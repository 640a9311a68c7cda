"""Tables by their names, and samples of a source as a table."""

import math
from collections.abc import Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.data.bundled_tables import NAMED_TABLES
from kerastune.data.cell_kinds import TABLE_KINDS
from kerastune.data.given_tables import GivenTable, table_of
from kerastune.data.open import NAMED, open_data
from kerastune.data.openers import find_opener
from kerastune.data.source import Source
from kerastune.data.table_columns import require_columns
from kerastune.errors import WrongDataError, closest


def given_table(data: Any) -> GivenTable:
    """Returns the columns of what is given as a table, also by its name or as a source.

    Args:
        data: what `table_of` takes; the name of a data set or another text that `open_data`
            takes; a `Source`; or a `GivenTable`, which is given back.

    Returns:
        A `GivenTable`. Columns without a name are called `column 1` and so on, by position.

    Raises:
        InputError: if it is no table, or cannot be read.

    Example:

    >>> given_table([{"age": 30}, {"age": 40, "name": "Ann"}]).cells
    {'age': [30, 40], 'name': [None, 'Ann']}
    """
    if isinstance(data, str) and (data in NAMED or find_opener(data) is not None):
        data = open_data(data)
    if isinstance(data, GivenTable):
        return data
    if isinstance(data, Source):
        return _of_source(data)
    if isinstance(data, str | PathLike):
        _require_file_or_suffix(Path(data))
    return table_of(data)


def renamed_table(data: Any, names: Mapping[str, str]) -> GivenTable:
    """Returns a table some of whose columns have other names.

    Args:
        data: as for `given_table`.
        names: dictionary from the name that a column gets to the one that it has.

    Returns:
        A `GivenTable`.

    Raises:
        InputError: if there is no such column, or another one has the new name.

    Example:

    >>> list(renamed_table({"review": ["a joy"], "id": [1]}, {"text": "review"}).cells)
    ['text', 'id']
    """
    table = given_table(data)
    require_columns(list(names.values()), table.cells, table.name)
    new = {old: name for name, old in names.items()}
    renamed = [new.get(name, name) for name in table.cells]
    require_columns(list(names), renamed, table.name)
    return replace(table, cells=dict(zip(renamed, table.cells.values(), strict=True)))


def _require_file_or_suffix(path: Path) -> None:
    """Raises for what is neither a file nor looks like one, such as a name with a mistake."""
    if not path.suffix and not path.exists():
        raise WrongDataError(
            f"Expected a table: a file, {', '.join(NAMED_TABLES)}. Received: {str(path)!r}, "
            f"which is none.{closest(str(path), list(NAMED_TABLES))}"
        )


def _of_source(source: Source) -> GivenTable:
    return GivenTable(
        {name: _cells(source, name) for name in source.values},
        source.name,
        columns=source.columns,
        targets=source.targets,
        notes=source.notes,
    )


def _cells(source: Source, name: str) -> Any:
    """Returns the values of a column of a source as those of a table."""
    values, column = source.values[name], source.columns[name]
    if column.kind == "class":
        return [(column.class_names or ())[code] for code in values]
    if column.kind in TABLE_KINDS:
        return values
    if column.kind == "quantity" and math.prod(side or 0 for side in column.shape) == 1:
        return np.asarray(values).reshape(-1)
    raise WrongDataError(
        f"Expected inputs of kind {', '.join(TABLE_KINDS)} and one quantity or class to predict "
        f"in {source.name}. Received: {name!r} of kind {column.described}. Give a column for each "
        "number, or choose another recipe"
    )
