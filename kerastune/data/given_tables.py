"""Tables however they are given: files, frames, records, columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from kerastune.data.cells import Where, row_number
from kerastune.data.columns import Column
from kerastune.data.frames import columns_of_frame, looks_like_frame
from kerastune.data.records import looks_like_records
from kerastune.data.table_columns import Cells, TableFile, require_columns
from kerastune.data.table_files import read_table_file
from kerastune.data.table_folders import table_at
from kerastune.errors import InputError, WrongDataError


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
        decimal_comma: bool, whether 1,234 is a little more than one where both would do, as in
            files with semicolons. Defaults to False.

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
    decimal_comma: bool = False

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


def table_of(data: Any) -> GivenTable:
    """Returns the columns of a table that is given as a file or in memory.

    Args:
        data: path of a file that `read_table_file` takes, or of a folder with one table; a frame
            of Polars or pandas, a table of Arrow or a data set of Hugging Face; a list of
            dictionaries, one a row, in which a missing key is a missing value; or a dictionary
            from the name of a column to its values.

    Returns:
        A `GivenTable`. Columns without a name are called `column 1` and so on, by position.

    Raises:
        InputError: if it is no table, or cannot be read.

    Example:

    >>> table_of([{"age": 30}, {"age": 40, "name": "Ann"}]).cells
    {'age': [30, 40], 'name': [None, 'Ann']}
    """
    if isinstance(data, str | PathLike):
        path = table_at(Path(data))
        return of_file(path, read_table_file(path))
    if looks_like_frame(data):
        return GivenTable(columns_of_frame(data), "the frame")
    if isinstance(data, Mapping) and all(map(_is_sequence, data.values())):
        return GivenTable({str(name): values for name, values in data.items()}, "the columns")
    if looks_like_records(data):
        records = [data[position] for position in range(len(data))]
        names = dict.fromkeys(name for record in records for name in record)
        cells = {str(name): [record.get(name) for record in records] for name in names}
        return GivenTable(cells, "the records")
    raise WrongDataError(
        "Expected a table: the path of a file, a frame, records, or values by column. Received: "
        f"{'an empty list' if isinstance(data, list) and not data else type(data).__name__}"
    )


def of_file(path: Path, found: TableFile) -> GivenTable:
    """Returns the columns read of a file, as a table.

    Args:
        path: Path of the file.
        found: `TableFile`.

    Example:

    >>> of_file(Path("people.csv"), TableFile({"": [1, 2]})).cells
    {'column 1': [1, 2]}
    """
    names = [name or f"column {index}" for index, name in enumerate(found.cells, start=1)]
    require_columns(names, names, path)
    return GivenTable(
        dict(zip(names, found.cells.values(), strict=True)),
        path.name,
        found.spelled,
        found.where,
        notes=found.notes,
        decimal_comma=found.decimal_comma,
    )


def _is_sequence(values: Any) -> bool:
    if isinstance(values, str | bytes | Mapping):
        return False
    return hasattr(values, "__getitem__") and hasattr(values, "__len__")
