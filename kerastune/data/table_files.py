"""The files that tables come in: CSV, TSV, JSON, Parquet and Arrow."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars

from kerastune.data.cells import Where, row_number
from kerastune.data.delimited import open_delimited
from kerastune.data.table_text import COMPRESSED, inner_suffix, read_unicode
from kerastune.errors import InputError, closest, reason

CellRule = Callable[[str, Any], str | None]
"""A function from a column and a value of a JSON file to what was expected, or None."""

Cells = Mapping[str, Sequence[Any] | polars.Series]
"""The values of each column: text as it is spelled, plain values of JSON, or typed series."""


@dataclass(frozen=True)
class TableFile:
    """The columns of a file.

    Args:
        cells: dictionary from the name of each column to its values.
        where: function from the position of a row to a str that tells a person where it is.
        spelled: bool, whether the file has no types, so that all values are text. Defaults to
            False.
        decimal_comma: bool, whether the file is of a dialect that writes 1,5 for one and a half.
        notes: tuple of str, what a person should know of how it was read.

    Example:

    >>> TableFile({"age": [30]}).where(0)
    'row 1'
    """

    cells: Cells
    where: Where = row_number
    spelled: bool = False
    decimal_comma: bool = False
    notes: tuple[str, ...] = ()


def scalar_cells(column: str, value: Any) -> str | None:
    """What a JSON value should have been, or None if it is text, a number, a bool or null.

    Args:
        column: str, its column.
        value: what the file holds.

    Example:

    >>> scalar_cells("age", 5), scalar_cells("age", [5])
    (None, "text, a number, true, false or null as 'age'")
    """
    if isinstance(value, str | int | float | None):
        return None
    return f"text, a number, true, false or null as {column!r}"


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a file.

    Args:
        columns: sequence of str, the columns to read. Defaults to all.
        rule: function that tells which values of a JSON file are refused.
        advice: str, what to do if a column is missing. Defaults to nothing.

    Example:

    >>> Wanted().among(["age", "name"], Path("people.csv"))
    ['age', 'name']
    """

    columns: Sequence[str] | None = None
    rule: CellRule = scalar_cells
    advice: str = ""

    def among(self, present: Iterable[str], path: Path) -> list[str]:
        """The columns to read, out of those of a file.

        Args:
            present: the names of the columns that there are.
            path: Path of the file, for messages.

        Raises:
            InputError: if one is missing, or there twice.
        """
        present = list(present)
        wanted = list(present if self.columns is None else self.columns)
        require_columns(wanted, present, path, self.advice)
        return wanted


def read_table_file(path: Path, wanted: Wanted = Wanted()) -> TableFile:
    """Reads columns of a table; the suffix tells the format, see `TABLE_SUFFIXES`.

    CSV and TSV files are read as `read_text` says. Text formats may be compressed: `.csv.gz`.

    Args:
        path: Path of the file.
        wanted: `Wanted`, which columns. Defaults to all.

    Returns:
        A `TableFile`.

    Raises:
        InputError: if the file is missing, empty, broken or cannot be read, or a column is
            missing or there twice.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "ages.csv"
    >>> _ = path.write_text("name,age\\nAnn,30\\nBob,\\n")
    >>> read_table_file(path).cells
    {'name': ['Ann', 'Bob'], 'age': ['30', '']}
    """
    reader = _READERS.get(inner_suffix(path))
    if reader is None:
        raise InputError(
            f"Expected a file of type {TABLE_SUFFIXES}. Received: {path}.{_advice(path)}"
        )
    try:
        if not path.is_file():
            raise InputError(f"Expected a table to read. Received: {path}, which is not a file")
        if not path.stat().st_size:
            raise InputError(f"Expected a table with rows. Received: {path}, which is empty")
        return reader(path, wanted)
    except OSError as error:
        raise InputError(
            f"Expected a table that can be read. Received: {path}: "
            f"{error.strerror or reason(error)}"
        ) from error


def is_table_file(path: Path) -> bool:
    """Whether the suffix of a file is that of a table.

    Args:
        path: Path.

    Example:

    >>> is_table_file(Path("reviews.csv.gz")), is_table_file(Path("cat.png"))
    (True, False)
    """
    return inner_suffix(path) in _READERS


def require_columns(
    wanted: Sequence[str], present: Iterable[str], where: Any, advice: str = ""
) -> None:
    """Raises unless each of some columns is there once.

    Args:
        wanted: sequence of str.
        present: the names of the columns that there are.
        where: path or name of the table, for the message.
        advice: str, what to do about a column that is missing. Defaults to nothing.

    Raises:
        InputError: if one is missing, with the closest name, or there twice.

    Example:

    >>> require_columns(["age"], ["name", "ages"], "people.csv")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a column 'age' in people.csv. Received: ...
    """
    present = list(present)
    for name in wanted:
        if name not in present:
            raise InputError(
                f"Expected a column {name!r} in {where}. Received: columns "
                f"{', '.join(map(repr, present)) or 'none'}."
                f"{closest(name, present)}{advice and ' '}{advice}"
            )
        if present.count(name) > 1:
            raise InputError(
                f"Expected one column {name!r} in {where}. Received: {present.count(name)}"
            )


def _read_delimited(path: Path, wanted: Wanted, suffix: str) -> TableFile:
    """A CSV or TSV file, in which every row must have as many fields as the header."""
    table = open_delimited(path, suffix)
    columns = wanted.among(table.header, path)
    values = table.columns([table.header.index(name) for name in columns])
    return TableFile(
        dict(zip(columns, values, strict=True)),
        lambda position: f"{row_number(position)} (line {table.line(position)}) of {path}",
        spelled=True,
        decimal_comma=table.separator == ";",
        notes=table.notes,
    )


def _read_json_lines(path: Path, wanted: Wanted) -> TableFile:
    """A file with one JSON object a line; a key that is not there is a missing value."""
    text = read_unicode(path)
    rows, lines = [], []
    # A JSON text may hold other line separators than "\n", so not `splitlines`.
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        try:
            row = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise _broken(path, f"line {line}", "a JSON object", reason(error)) from error
        if not isinstance(row, dict):
            raise _broken(path, f"line {line}", "a JSON object", type(row).__name__)
        rows.append(row)
        lines.append(line)
    return _of_objects(rows, path, wanted, [f"line {line}" for line in lines])


def _read_json(path: Path, wanted: Wanted) -> TableFile:
    """A file with a list of JSON objects, or with an object of a list for each column."""
    try:
        content = json.loads(read_unicode(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"Expected JSON. Received: {path}: {reason(error)}") from error
    if isinstance(content, dict) and content and all(isinstance(v, list) for v in content.values()):
        lengths = {name: len(values) for name, values in content.items()}
        if len(set(lengths.values())) > 1:
            raise InputError(
                f"Expected as many values in each column of {path}. Received: {lengths}"
            )
        content = [
            dict(zip(content, row, strict=True)) for row in zip(*content.values(), strict=True)
        ]
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise InputError(
            f"Expected a list of JSON objects, one a row. Received: {path} with "
            f"{type(content).__name__}"
        )
    return _of_objects(content, path, wanted)


def _of_objects(
    rows: list[dict[str, Any]],
    path: Path,
    wanted: Wanted,
    lines: Sequence[str] = (),
) -> TableFile:
    """The columns of JSON objects, and where each is."""
    for position, row in enumerate(rows):
        for name in row if wanted.columns is None else wanted.columns:
            if expected := wanted.rule(name, row.get(name)):
                place = lines[position] if lines else row_number(position)
                raise _broken(path, place, expected, type(row.get(name)).__name__)
    present = dict.fromkeys(name for row in rows for name in row)
    columns = wanted.among(present, path)

    def where(position: int) -> str:
        line = f" ({lines[position]})" if lines else ""
        return f"{row_number(position)}{line} of {path}"

    return TableFile({name: [row.get(name) for row in rows] for name in columns}, where)


def _read_parquet(path: Path, wanted: Wanted) -> TableFile:
    """Columns of a Parquet file."""
    try:
        columns = wanted.among(polars.read_parquet_schema(path), path)
        frame = polars.read_parquet(path, columns=columns)
    except polars.exceptions.PolarsError as error:
        raise InputError(f"Expected a Parquet file. Received: {path}: {reason(error)}") from error
    return _of_frame(frame, path)


def _read_arrow(path: Path, wanted: Wanted) -> TableFile:
    """Columns of an Arrow file, also called Feather."""
    try:
        columns = wanted.among(polars.read_ipc_schema(path), path)
        frame = polars.read_ipc(path, columns=columns)
    except polars.exceptions.PolarsError as error:
        raise InputError(f"Expected an Arrow file. Received: {path}: {reason(error)}") from error
    return _of_frame(frame, path)


def _of_frame(frame: polars.DataFrame, path: Path) -> TableFile:
    """The columns of a file with types."""
    cells = {name: frame[name] for name in frame.columns}
    return TableFile(cells, lambda position: f"{row_number(position)} of {path}")


_READERS: dict[str, Callable[[Path, Wanted], TableFile]] = {
    ".csv": partial(_read_delimited, suffix=".csv"),
    ".tsv": partial(_read_delimited, suffix=".tsv"),
    ".tab": partial(_read_delimited, suffix=".tab"),
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".json": _read_json,
    ".parquet": _read_parquet,
    ".arrow": _read_arrow,
    ".feather": _read_arrow,
}
TABLE_SUFFIXES = ", ".join(_READERS)


def _advice(path: Path) -> str:
    """What to do about a file of another type."""
    suffix = path.suffix.lower()
    if suffix in (".xls", ".xlsx", ".xlsm", ".ods", ".numbers"):
        return " Save the sheet as CSV"
    if suffix in (".zst", ".bz2", ".xz", ".7z", ".tar", ".tgz", ".rar"):
        return f" Unpack it, or compress it as {' or '.join(COMPRESSED)}"
    return ""


def _broken(path: Path, place: str, expected: str, received: str) -> InputError:
    """The error for a place that cannot be parsed."""
    return InputError(f"Expected {expected} in {place} of {path}. Received: {received}")
