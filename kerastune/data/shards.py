"""Tables in several files, read as one."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from kerastune.data.shard_files import shards_of
from kerastune.data.table_columns import TableFile
from kerastune.errors import InputError
from kerastune.lazy_polars import polars, polars_errors


def read_shards(path: Path, read: Callable[[Path], TableFile]) -> TableFile:
    """Returns the rows of all files of a pattern as one table.

    Args:
        path: Path, a pattern.
        read: function that reads one file.

    Returns:
        A `TableFile`, whose columns are in the order of the first file.

    Raises:
        InputError: if there is no such file, one of a set is missing, or columns differ.
    """
    files = shards_of(path)
    parts = [read(file) for file in files]
    first = parts[0]
    for file, part in zip(files, parts, strict=True):
        _require_same(first, files[0], part, file)
    starts = [0, *accumulate(_length(part) for part in parts)]

    def where(position: int) -> str:
        at = bisect_right(starts, position) - 1
        return parts[at].where(position - starts[at])

    cells = {name: _joined(name, parts, files) for name in first.cells}
    notes = _notes(parts, files)
    return TableFile(cells, where, first.spelled, first.decimal_comma, notes)


def _require_same(first: TableFile, file: Path, other: TableFile, path: Path) -> None:
    """Raises if a file has other columns than the first, or reads numbers in another way."""
    lacking = [name for name in first.cells if name not in other.cells]
    added = [name for name in other.cells if name not in first.cells]
    if lacking or added:
        difference = f"without {lacking[0]!r}" if lacking else f"with {added[0]!r}"
        raise InputError(
            f"Expected the same columns in {file} and the files like it. Received: {path} "
            f"{difference}. Give one of them, or mend it"
        )
    if first.decimal_comma != other.decimal_comma:
        raise InputError(
            f"Expected the same separators in {file} and the files like it. Received: {path} with "
            f"{'semicolons' if other.decimal_comma else 'no semicolons'}. Save them alike"
        )


def _joined(name: str, parts: Sequence[TableFile], files: Sequence[Path]) -> Any:
    given = [part.cells[name] for part in parts]
    columns = [column for column in given if isinstance(column, polars.Series)]
    if len(columns) < len(given):
        return [value for column in given for value in column]
    known: str | None = None
    for column, file in zip(columns, files, strict=True):
        family = _family(column.dtype)
        if known is not None and family is not None and family != known:
            raise InputError(
                f"Expected {known} in column {name!r} of {file}, as in {files[0].name}. Received: "
                f"{column.dtype}. Save the files alike"
            )
        known = known or family
    frames = [column.to_frame(name) for column in columns]
    try:
        return polars.concat(frames, how="vertical_relaxed")[name]
    except polars_errors() as error:
        raise InputError(
            f"Expected values of one type in column {name!r} of {files[0]} and the files like it. "
            f"Received: {', '.join(dict.fromkeys(str(column.dtype) for column in columns))}"
        ) from error


def _family(dtype: "polars.DataType") -> str | None:
    """Returns the family of a type whose values fit in one column; None if all are missing."""
    if dtype == polars.Null:
        return None
    if dtype in (polars.String, polars.Categorical, polars.Enum):
        return "text"
    if dtype.is_nested():
        return type(dtype).__name__.lower() + " values"
    return "numbers" if dtype.is_numeric() else str(dtype)


def _length(part: TableFile) -> int:
    return len(next(iter(part.cells.values()), ()))


def _notes(parts: Sequence[TableFile], files: Sequence[Path]) -> tuple[str, ...]:
    """Returns notes on the files, those on all of them once."""
    counts = Counter(note for part in parts for note in dict.fromkeys(part.notes))
    of_all = [note for note, count in counts.items() if count == len(parts)]
    others = [
        f"{file.name}: {note}"
        for part, file in zip(parts, files, strict=True)
        for note in part.notes
        if note not in of_all
    ]
    return (f"{len(files)} files read as one table", *of_all, *others)
