"""The rows of files and streams, some at a time."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

import polars

from kerastune.data.delimited import SPELLED
from kerastune.errors import InputError, reason

ROWS = 2048
"""How many rows are read at a time."""


def table_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The columns of a table, some rows at a time.

    Args:
        path: Path of a CSV, TSV, JSON lines or Parquet file.

    Returns:
        Iterator of dictionaries from the name of each column to values.

    Raises:
        InputError: if the file is empty, or broken in the rows that are read.
        OSError: if it cannot be read.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "ages.csv"
    >>> _ = path.write_text("name,age\\nAnn,30\\nBob,\\n")
    >>> list(table_rows(path))
    [{'name': ['Ann', 'Bob'], 'age': ['30', '']}]
    """
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        yield from _parquet_rows(path)
        return
    with path.open(encoding="utf-8-sig", newline="") as stream:
        if suffix in SPELLED:
            yield from delimited_rows(stream, str(path), "\t" if suffix == ".tsv" else ",")
        else:
            yield from json_rows(stream, str(path))


def delimited_rows(stream: TextIO, name: str, delimiter: str) -> Iterator[dict[str, Any]]:
    """The columns of a text with separators, some rows at a time.

    Args:
        stream: text stream, opened with `newline=""`.
        name: str, what it is, for messages.
        delimiter: str, the separator.

    Returns:
        Iterator of dictionaries from the name of each column to texts.

    Raises:
        InputError: if there is no header, or a row has more or fewer fields.

    Example:

    >>> import io
    >>> list(delimited_rows(io.StringIO("a,b\\n1,2\\n"), "input", ","))
    [{'a': ['1'], 'b': ['2']}]
    """
    reader = csv.reader(_decoded(stream, name), delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        if not header:
            raise InputError(f"Expected a table with rows. Received: {name}, which is empty")
        if len(set(header)) < len(header):
            raise InputError(f"Expected different columns in {name}. Received: {header}")
        while rows := list(islice((row for row in reader if row), ROWS)):
            for row in rows:
                if len(row) != len(header):
                    raise InputError(
                        f"Expected {len(header)} fields up to line {reader.line_num} of {name}. "
                        f"Received: {len(row)} fields, such as {row[0]!r}"
                    )
            yield dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))
    except csv.Error as error:
        raise InputError(
            f"Expected well-formed fields in line {reader.line_num} of {name}. Received: {error}"
        ) from error


def json_rows(stream: Iterable[str], name: str) -> Iterator[dict[str, Any]]:
    """The columns of JSON lines, some rows at a time.

    Args:
        stream: iterable of lines.
        name: str, what it is, for messages.

    Returns:
        Iterator of dictionaries from the name of each column to values, None where a row lacks
        it.

    Raises:
        InputError: if a line is no JSON object.

    Example:

    >>> list(json_rows(['{"a": 1}', "", '{"a": 2, "b": 3}'], "input"))
    [{'a': [1, 2], 'b': [None, 3]}]
    """
    lines = ((at, line) for at, line in enumerate(_decoded(stream, name), 1) if line.strip())
    while some := list(islice(lines, ROWS)):
        yield columns_of([_json_object(line, at, name) for at, line in some])


def columns_of(records: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Records as columns, with None where a record lacks one.

    Args:
        records: iterable of dictionaries.

    Example:

    >>> columns_of([{"a": 1}, {"b": 2}])
    {'a': [1, None], 'b': [None, 2]}
    """
    rows = list(records)
    names = dict.fromkeys(chain.from_iterable(rows))
    return {name: [row.get(name) for row in rows] for name in names}


def text_lines(stream: Iterable[str], name: str) -> Iterator[list[str]]:
    """Lines of text without their ends, some at a time.

    Args:
        stream: iterable of lines.
        name: str, what it is, for messages.

    Returns:
        Iterator of lists of str.

    Raises:
        InputError: if it is no text.

    Example:

    >>> list(text_lines(["a joy\\n", "a bore"], "input"))
    [['a joy', 'a bore']]
    """
    lines = _decoded(stream, name)
    while some := list(islice(lines, ROWS)):
        yield [line.removesuffix("\n").removesuffix("\r") for line in some]


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The columns of a Parquet file, some rows at a time."""
    try:
        frame = polars.scan_parquet(path, glob=False)
        length = int(frame.select(polars.len()).collect().item())
        for start in range(0, length, ROWS):
            rows = frame.slice(start, ROWS).collect()
            yield {name: rows[name] for name in rows.columns}
    except polars.exceptions.PolarsError as error:
        raise InputError(f"Expected a Parquet file. Received: {path}: {reason(error)}") from error


def _json_object(line: str, number: int, name: str) -> dict[str, Any]:
    """The JSON object that a line holds."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"Expected a JSON object in line {number} of {name}. Received: {reason(error)}"
        ) from error
    if not isinstance(found, dict):
        raise InputError(
            f"Expected a JSON object in line {number} of {name}. Received: {type(found).__name__}"
        )
    return found


def _decoded(stream: Iterable[str], name: str) -> Iterator[str]:
    """The lines of a text stream, or the error for bytes that are none."""
    try:
        yield from stream
    except UnicodeDecodeError as error:
        raise InputError(
            f"Expected UTF-8 text. Received: {name}: {reason(error)}. Save the file as UTF-8"
        ) from error
