"""Tables however they are given: files, frames, records, columns, named data sets, sources."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import polars

from kerastune.data.bundled_tables import NAMED_TABLES
from kerastune.data.cell_kinds import TABLE_KINDS
from kerastune.data.cells import Where, row_number
from kerastune.data.columns import Column
from kerastune.data.open import NAMED, open_data
from kerastune.data.openers import find_opener
from kerastune.data.records import looks_like_records
from kerastune.data.source import Source
from kerastune.data.table_files import SPELLED, Cells, read_table_file, require_columns
from kerastune.errors import InputError, closest


@dataclass(frozen=True)
class GivenTable:
    """A table before its columns are read.

    Args:
        cells: dictionary from the name of each column to its values: sequence or series.
        name: str, what the table is.
        spelled: bool, whether it is of a format without types. Defaults to False.
        where: function from a position to a str that tells a person where it is.
        columns: dictionary from the name of a column to its `Column`, for those that are known
            already. Defaults to none.
        targets: tuple of str, the columns to predict, if that is known.
        notes: tuple of str, what is to be said of it already.

    Raises:
        InputError: if there is no column or no row, or lengths differ.

    Example:

    >>> len(GivenTable({"age": [30, 40]}, "people"))
    2
    """

    cells: Cells
    name: str
    spelled: bool = False
    where: Where = row_number
    columns: Mapping[str, Column] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lengths = {name: len(values) for name, values in self.cells.items()}
        if len(set(lengths.values())) > 1:
            raise InputError(
                f"Expected as many values in each column of {self.name}. Received: {lengths}"
            )
        if not any(lengths.values()):
            raise InputError(
                f"Expected a table with rows. Received: {self.name}, which has "
                f"{'no rows' if lengths else 'no columns'}"
            )

    def __len__(self) -> int:
        return len(next(iter(self.cells.values())))


def given_table(data: Any) -> GivenTable:
    """The columns of what is given as a table.

    Args:
        data: path of a CSV, TSV, JSONL or Parquet file; a frame of Polars or pandas; a list
            of dictionaries, one a row, in which a missing key is a missing value; a
            dictionary from the name of a column to its values; the name of a data set or
            another text that `open_data` takes; a `Source`; or a `GivenTable`, which is given
            back.

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
        path = Path(data)
        _require_file_or_suffix(path)
        cells = _named(read_table_file(path), path)
        spelled = path.suffix.lower() in SPELLED
        return GivenTable(cells, path.name, spelled, lambda at: f"{row_number(at)} of {path}")
    if isinstance(data, polars.LazyFrame):
        data = data.collect()
    if isinstance(data, polars.DataFrame):
        return GivenTable({name: data[name] for name in data.columns}, "the frame")
    if is_frame(data):
        return GivenTable(_of_pandas(data), "the frame")
    if isinstance(data, Mapping) and all(map(_is_sequence, data.values())):
        return GivenTable({str(name): values for name, values in data.items()}, "the columns")
    if looks_like_records(data):
        records = [data[position] for position in range(len(data))]
        names = dict.fromkeys(name for record in records for name in record)
        cells = {str(name): [record.get(name) for record in records] for name in names}
        return GivenTable(cells, "the records")
    raise InputError(
        "Expected a table: the path of a file, a frame, records, or values by column. Received: "
        f"{'an empty list' if isinstance(data, list) and not data else type(data).__name__}"
    )


def renamed_table(data: Any, names: Mapping[str, str]) -> GivenTable:
    """A table some of whose columns have other names.

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


def is_frame(data: Any) -> bool:
    """Whether data are a frame of Polars or pandas.

    Args:
        data: anything.

    Example:

    >>> is_frame(polars.DataFrame({"age": [30]})), is_frame({"age": [30]})
    (True, False)
    """
    if isinstance(data, polars.DataFrame | polars.LazyFrame):
        return True
    # Told by name, so as not to need pandas.
    return type(data).__module__.partition(".")[0] == "pandas" and hasattr(data, "columns")


def _require_file_or_suffix(path: Path) -> None:
    """Raises for what is neither a file nor looks like one, such as a name with a mistake."""
    if not path.suffix and not path.exists():
        raise InputError(
            f"Expected a table: a file, {', '.join(NAMED_TABLES)}. Received: {str(path)!r}, "
            f"which is none.{closest(str(path), list(NAMED_TABLES))}"
        )


def _named(cells: Cells, path: Path) -> Cells:
    """The columns of a file, each with a name."""
    names = [name or f"column {place}" for place, name in enumerate(cells, start=1)]
    require_columns(names, names, path)
    return dict(zip(names, cells.values(), strict=True))


def _of_pandas(frame: Any) -> Cells:
    """The columns of a pandas frame, as lists: to read its memory would take PyArrow."""
    names = [str(name) for name in frame.columns]
    require_columns(names, names, "the frame")
    return {name: frame.iloc[:, place].tolist() for place, name in enumerate(names)}


def _of_source(source: Source) -> GivenTable:
    """A source as a table."""
    return GivenTable(
        {name: _cells(source, name) for name in source.values},
        source.name,
        columns=source.columns,
        targets=source.targets,
        notes=source.notes,
    )


def _cells(source: Source, name: str) -> Any:
    """The values of a column of a source as those of a table."""
    values, column = source.values[name], source.columns[name]
    if column.kind == "class":
        return [(column.class_names or ())[code] for code in values]
    if column.kind in TABLE_KINDS:
        return values
    if column.kind == "quantity" and math.prod(side or 0 for side in column.shape) == 1:
        return np.asarray(values).reshape(-1)
    raise InputError(
        f"Expected inputs of kind {', '.join(TABLE_KINDS)} and one quantity or class to predict "
        f"in {source.name}. Received: {name!r} of kind {column.described}. Give a column for each "
        "number, or choose another recipe"
    )


def _is_sequence(values: Any) -> bool:
    """Whether something can hold the values of a column."""
    if isinstance(values, str | bytes | Mapping):
        return False
    return hasattr(values, "__getitem__") and hasattr(values, "__len__")
