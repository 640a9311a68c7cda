"""The files that tables come in: CSV, TSV, JSON lines and Parquet."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars

from kerastune.errors import InputError, closest, reason

CellRule = Callable[[str, Any], str | None]
"""A function from a column and a value of a JSON file to what was expected, or None."""

Cells = Mapping[str, Sequence[Any] | polars.Series]
"""The values of each column: text as it is spelled, plain values of JSON, or typed series."""

SPELLED = (".csv", ".tsv")
"""The formats without types, whose values are all text."""


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


def read_table_file(
    path: Path, columns: Sequence[str] | None = None, rule: CellRule = scalar_cells
) -> Cells:
    """Reads columns of a table; the suffix tells the format, text formats are UTF-8.

    Args:
        path: Path of the file.
        columns: sequence of str, the columns to read. Defaults to all.
        rule: function that tells which values of a JSON file are refused.

    Returns:
        Dictionary from the name of each column to its values.

    Raises:
        InputError: if the file is missing, empty, broken or cannot be read, or a column is
            missing or there twice.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "ages.csv"
    >>> _ = path.write_text("name,age\\nAnn,30\\nBob,\\n")
    >>> read_table_file(path)
    {'name': ['Ann', 'Bob'], 'age': ['30', '']}
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"Expected a file of type {TABLE_SUFFIXES}. Received: {path}")
    try:
        if not path.is_file():
            raise InputError(f"Expected a table to read. Received: {path}, which is not a file")
        if not path.stat().st_size:
            raise InputError(f"Expected a table with rows. Received: {path}, which is empty")
        return reader(path, columns, rule)
    except OSError as error:
        raise InputError(
            f"Expected a table that can be read. Received: {path}: "
            f"{error.strerror or reason(error)}"
        ) from error


def require_columns(wanted: Sequence[str], present: Iterable[str], where: Any) -> None:
    """Raises unless each of some columns is there once.

    Args:
        wanted: sequence of str.
        present: the names of the columns that there are.
        where: path or name of the table, for the message.

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
                f"{', '.join(map(repr, present)) or 'none'}.{closest(name, present)}"
            )
        if present.count(name) > 1:
            raise InputError(
                f"Expected one column {name!r} in {where}. Received: {present.count(name)}"
            )


def _read_delimited(
    path: Path,
    columns: Sequence[str] | None,
    rule: CellRule,  # noqa: ARG001
    delimiter: str,
) -> Cells:
    """A CSV or TSV file, in which every row must have as many fields as the header."""
    # Polars fills short rows with nulls and does not tell the line of long ones.
    reader = csv.reader(io.StringIO(_read_text(path), newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    line = 1
    try:
        header = next(reader, [])
        columns = header if columns is None else columns
        require_columns(columns, header, path)
        line = reader.line_num + 1
        for row in reader:
            if row and len(row) != len(header):
                raise _broken(path, line, f"{len(header)} fields", f"{len(row)} fields")
            if row:
                rows.append(row)
            line = reader.line_num + 1
    except csv.Error as error:
        raise _broken(path, line, "well-formed fields", str(error)) from error
    places = {name: header.index(name) for name in columns}
    return {name: [row[place] for row in rows] for name, place in places.items()}


def _read_json_lines(path: Path, columns: Sequence[str] | None, rule: CellRule) -> Cells:
    """A file with one JSON object a line; a key that is not there is a missing value."""
    rows: list[dict[str, Any]] = []
    # A JSON text may hold other line separators than "\n", so not `splitlines`.
    for line, content in enumerate(_read_text(path).split("\n"), start=1):
        if not content.strip():
            continue
        try:
            row = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise _broken(path, line, "a JSON object", reason(error)) from error
        if not isinstance(row, dict):
            raise _broken(path, line, "a JSON object", type(row).__name__)
        for name in row if columns is None else columns:
            if expected := rule(name, row.get(name)):
                raise _broken(path, line, expected, type(row.get(name)).__name__)
        rows.append(row)
    present = dict.fromkeys(name for row in rows for name in row)
    columns = list(present) if columns is None else columns
    require_columns(columns, present, path)
    return {name: [row.get(name) for row in rows] for name in columns}


def _read_parquet(path: Path, columns: Sequence[str] | None, rule: CellRule) -> Cells:  # noqa: ARG001
    """Columns of a Parquet file."""
    try:
        present = polars.read_parquet_schema(path)
        columns = list(present) if columns is None else columns
        require_columns(columns, present, path)
        frame = polars.read_parquet(path, columns=list(columns))
    except polars.exceptions.PolarsError as error:
        raise InputError(f"Expected a Parquet file. Received: {path}: {reason(error)}") from error
    return {name: frame[name] for name in columns}


_READERS: dict[str, Callable[[Path, Sequence[str] | None, CellRule], Cells]] = {
    ".csv": partial(_read_delimited, delimiter=","),
    ".tsv": partial(_read_delimited, delimiter="\t"),
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".parquet": _read_parquet,
}
TABLE_SUFFIXES = ", ".join(_READERS)


def _read_text(path: Path) -> str:
    """The text of a UTF-8 file, with or without a byte order mark."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"Expected UTF-8 text. Received: {path}, where byte {error.start} "
            f"(line {line}) is not UTF-8. Save the file as UTF-8"
        ) from error


def _broken(path: Path, line: int, expected: str, received: str) -> InputError:
    """The error for a line that cannot be parsed."""
    return InputError(f"Expected {expected} in line {line} of {path}. Received: {received}")
