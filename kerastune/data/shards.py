"""Tables in several files: shards such as `train-00000-of-00002.parquet`, named by a pattern."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import polars

from kerastune.data.table_columns import TableFile
from kerastune.errors import InputError

_OF = re.compile(r"(?P<name>.*?)[-_.]?(?P<number>\d+)-of-(?P<count>\d+)(?P<rest>[-.].*)?")
_NUMBERED = re.compile(r"(?P<name>.*?)[-_.]?\d{3,}(?P<rest>[-.].*)?")


def files_of(path: Path) -> list[Path]:
    """The files that a path names: itself, or all that fit its pattern.

    Args:
        path: Path. An asterisk in the name of a file stands for any characters, unless there is
            a file of that very name.

    Returns:
        List of Path in the order of their names; empty if there is none.

    Raises:
        OSError: if the folder cannot be read.

    Example:

    >>> files_of(Path("no/such-*.parquet"))
    []
    """
    if path.is_file():
        return [path]
    if not is_pattern(path) or not path.parent.is_dir():
        return []
    found = (file for file in path.parent.iterdir() if _fits(file, path))
    return sorted(file for file in found if file.is_file() and not file.name.startswith("."))


def is_pattern(path: Path) -> bool:
    """Whether a path names files by a pattern, and no file by its name.

    Args:
        path: Path.

    Example:

    >>> is_pattern(Path("train-*.parquet")), is_pattern(Path("train.parquet"))
    (True, False)
    """
    return "*" in path.name and not path.exists()


def shard_patterns(files: Sequence[Path]) -> dict[str, Path]:
    """The tables that some files hold, shards of one as one.

    Args:
        files: sequence of Path, files in one folder.

    Returns:
        Dictionary from the name of each table, without numbers and suffixes where it is of
        shards, to its path or pattern.

    Example:

    >>> names = ["test.csv", "train-00000-of-00002.csv", "train-00001-of-00002.csv"]
    >>> {name: path.name for name, path in shard_patterns([*map(Path, names)]).items()}
    {'test.csv': 'test.csv', 'train': 'train-*-of-00002.csv'}
    """
    tables: dict[str, Path] = {}
    patterns: dict[Path, list[tuple[str, Path]]] = {}
    for file in sorted(files):
        name, pattern = _pattern(file)
        patterns.setdefault(pattern, []).append((name, file))
    for pattern, members in patterns.items():
        name, first = members[0]
        alone = len(members) == 1 and _OF.match(first.name) is None
        fitting = [file for file in files if _fits(file, pattern)]
        if alone or len(fitting) > len(members):
            tables.update((file.name, file) for _, file in members)
        else:
            tables[pattern.name if name in tables else name] = pattern
    return tables


def read_shards(path: Path, read: Callable[[Path], TableFile]) -> TableFile:
    """The rows of all files of a pattern as one table.

    Args:
        path: Path, a pattern.
        read: function that reads one file.

    Returns:
        A `TableFile`, whose columns are in the order of the first file.

    Raises:
        InputError: if there is no such file, one of a set is missing, or columns differ.
    """
    files = files_of(path)
    if not files:
        raise InputError(f"Expected files to read. Received: {path}, which fits none")
    _require_all(files)
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


def _fits(file: Path, pattern: Path) -> bool:
    """Whether the name of a file fits a pattern."""
    wanted = ".*".join(map(re.escape, pattern.name.split("*")))
    return re.fullmatch(wanted, file.name, re.DOTALL) is not None


def _pattern(file: Path) -> tuple[str, Path]:
    """The name of a table and the pattern of its files, of one of them."""
    suffix = "".join(file.suffixes[-2:]) if file.suffix in (".gz", ".zip") else file.suffix
    stem = file.name.removesuffix(suffix)
    found = _OF.fullmatch(stem)
    if found is not None:
        rest = found["rest"] and f"{found['rest'][0]}*"
        middle = stem[len(found["name"]) : found.start("number")]
        of = f"*-of-{found['count']}"
        return found["name"], file.with_name(f"{found['name']}{middle}{of}{rest or ''}{suffix}")
    found = _NUMBERED.fullmatch(stem)
    if found is None:
        return stem, file
    return found["name"], file.with_name(f"{found['name']}*{suffix}")


def _require_all(files: Sequence[Path]) -> None:
    """Raises if one of the files that name how many there are is missing, or there twice."""
    found = [_OF.match(file.name) for file in files]
    if any(match is None for match in found):
        return
    counts = {int(match["count"]) for match in found if match is not None}
    numbers = Counter(int(match["number"]) for match in found if match is not None)
    twice = [number for number, times in numbers.items() if times > 1]
    missing = sorted(set(range(max(counts))) - set(numbers))
    if len(counts) > 1 or twice or missing:
        what = f"without number {missing[0]}" if missing else "some of one number"
        raise InputError(
            f"Expected {max(counts)} files, as {files[0].name} says. Received: {len(files)} in "
            f"{files[0].parent}, {what}. Fetch all of them, or name those to read"
        )


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
    """A column of all files."""
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
    except polars.exceptions.PolarsError as error:
        raise InputError(
            f"Expected values of one type in column {name!r} of {files[0]} and the files like it. "
            f"Received: {', '.join(dict.fromkeys(str(column.dtype) for column in columns))}"
        ) from error


def _family(dtype: polars.DataType) -> str | None:
    """What values of a type are, alike enough to stand in one column; None if all are missing."""
    if dtype == polars.Null:
        return None
    if dtype in (polars.String, polars.Categorical, polars.Enum):
        return "text"
    if dtype.is_nested():
        return type(dtype).__name__.lower() + " values"
    return "numbers" if dtype.is_numeric() else str(dtype)


def _length(part: TableFile) -> int:
    """The rows of a file."""
    return len(next(iter(part.cells.values()), ()))


def _notes(parts: Sequence[TableFile], files: Sequence[Path]) -> tuple[str, ...]:
    """What is to be said of the files: of all once, of others with their name."""
    counts = Counter(note for part in parts for note in dict.fromkeys(part.notes))
    of_all = [note for note, count in counts.items() if count == len(parts)]
    others = [
        f"{file.name}: {note}"
        for part, file in zip(parts, files, strict=True)
        for note in part.notes
        if note not in of_all
    ]
    return (f"{len(files)} files read as one table", *of_all, *others)
