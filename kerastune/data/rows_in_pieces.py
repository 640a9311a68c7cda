"""The rows of files and streams, some at a time."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from kerastune.data.delimited import dialect_of, records_of, rows_of
from kerastune.data.given_tables import table_of
from kerastune.data.input_pieces import slices
from kerastune.data.shard_files import is_pattern, shards_of
from kerastune.data.table_columns import require_columns
from kerastune.data.table_text import inner_suffix, is_plain_utf8
from kerastune.errors import InputError, reason
from kerastune.lazy_polars import polars, polars_errors

ROWS = 2048
"""How many rows are read at a time."""

_LOOKED_AT = 50  # lines
_SEPARATED = (".csv", ".tsv", ".tab")
# The functions of Polars that read the other formats.
_SCANNED = {".parquet": "scan_parquet", ".arrow": "scan_ipc", ".feather": "scan_ipc"}


@dataclass(frozen=True)
class RowStream:
    """The columns of a table, some rows at a time.

    Args:
        chunks: iterator of dictionaries from the name of each column to values.
        name: str, what the table is.
        spelled: bool, whether it is of a format without types. Defaults to False.
        decimal_comma: bool, as for `GivenTable`. Defaults to False.
        notes: tuple of str, what a person should know of how it is read.

    Example:

    >>> list(RowStream(iter([{"age": [30]}]), "people").chunks)
    [{'age': [30]}]
    """

    chunks: Iterator[Mapping[str, Any]]
    name: str
    spelled: bool = False
    decimal_comma: bool = False
    notes: tuple[str, ...] = ()


def table_rows(path: Path) -> RowStream:
    """Returns the rows of a file of a type that `read_table_file` takes.

    Plain UTF-8 text, Parquet and Arrow are read as rows are asked for; what is compressed or in
    another encoding, and JSON that is one list, is read as a whole.

    Args:
        path: Path of the file, or the pattern of several that are there, see `shards_of`.

    Returns:
        A `RowStream`.

    Raises:
        InputError: if the file is empty or broken; of rows, when they are asked for.
        OSError: if it cannot be read.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "ages.csv"
    >>> _ = path.write_text("name;age\\nAnn;30\\nBob;\\n")
    >>> rows = table_rows(path)
    >>> list(rows.chunks), rows.notes
    ([{'name': ['Ann', 'Bob'], 'age': ['30', '']}], ('columns separated by semicolons',))
    """
    if is_pattern(path):
        parts = [table_rows(file) for file in shards_of(path)]
        rows = chain.from_iterable(part.chunks for part in parts)
        return replace(parts[0], chunks=rows, name=str(path))
    suffix = inner_suffix(path)
    if suffix in _SCANNED and path.suffix.lower() == suffix:
        return RowStream(_scanned(path), str(path))
    if suffix in (*_SEPARATED, ".jsonl", ".ndjson") and is_plain_utf8(path):
        lines = _lines(path)
        if suffix in _SEPARATED:
            return delimited_rows(lines, str(path), suffix)
        return RowStream(json_rows(lines, str(path)), str(path))
    table = table_of(path)
    return RowStream(
        slices(table.cells, ROWS), str(path), table.spelled, table.decimal_comma, table.notes
    )


def delimited_rows(lines: Iterator[str], name: str, suffix: str = ".csv") -> RowStream:
    """Returns the rows of a text with separators, which are told from the first lines.

    Args:
        lines: iterator of str, with their ends.
        name: str, what it is, for messages.
        suffix: str, as for `dialect_of`. Defaults to `".csv"`.

    Returns:
        A `RowStream`.

    Raises:
        InputError: if there is no header; of rows, when they are asked for.

    Example:

    >>> list(delimited_rows(iter(["a,b\\n", "1,2\\n"]), "numbers").chunks)
    [{'a': ['1'], 'b': ['2']}]
    """
    head = list(islice(lines, _LOOKED_AT))
    separator, before, notes = dialect_of("".join(head), suffix)
    rows = rows_of(records_of(chain(head[before:], lines), separator, name, before + 1), name)
    _, header = next(rows, (0, []))
    if not header:
        raise InputError(f"Expected a table with rows. Received: {name}, which is empty")
    names = [found.strip() or f"column {index}" for index, found in enumerate(header, start=1)]
    require_columns(names, names, name)

    def chunks() -> Iterator[Mapping[str, Any]]:
        while some := [row for _, row in islice(rows, ROWS)]:
            yield dict(zip(names, map(list, zip(*some, strict=True)), strict=True))

    return RowStream(chunks(), name, True, separator == ";", notes)


def json_rows(lines: Iterable[str], name: str) -> Iterator[dict[str, Any]]:
    """Yields the columns of JSON lines, some rows at a time.

    Args:
        lines: iterable of str.
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
    filled = ((at, line) for at, line in enumerate(lines, 1) if line.strip())
    while some := list(islice(filled, ROWS)):
        yield columns_of([_json_object(line, at, name) for at, line in some])


def columns_of(records: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Returns records as columns, with None where a record lacks one.

    Args:
        records: iterable of dictionaries.

    Example:

    >>> columns_of([{"a": 1}, {"b": 2}])
    {'a': [1, None], 'b': [None, 2]}
    """
    rows = list(records)
    names = dict.fromkeys(chain.from_iterable(rows))
    return {name: [row.get(name) for row in rows] for name in names}


def text_lines(lines: Iterator[str]) -> Iterator[list[str]]:
    """Yields lines of text without their ends, some at a time.

    Args:
        lines: iterator of str.

    Returns:
        Iterator of lists of str.

    Example:

    >>> list(text_lines(iter(["a joy\\n", "a bore"])))
    [['a joy', 'a bore']]
    """
    while some := list(islice(lines, ROWS)):
        yield [line.removesuffix("\n").removesuffix("\r") for line in some]


def _lines(path: Path) -> Iterator[str]:
    """Yields the lines of a UTF-8 file with their ends, as they are asked for."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        yield from stream


def _scanned(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the columns of a Parquet or Arrow file, some rows at a time."""
    try:
        frame = getattr(polars, _SCANNED[path.suffix.lower()])(path, glob=False)
        length = int(frame.select(polars.len()).collect().item())
        for start in range(0, length, ROWS):
            rows = frame.slice(start, ROWS).collect()
            yield {name: rows[name] for name in rows.columns}
    except polars_errors() as error:
        kind = "a Parquet" if path.suffix.lower() == ".parquet" else "an Arrow"
        raise InputError(f"Expected {kind} file. Received: {path}: {reason(error)}") from error


def _json_object(line: str, number: int, name: str) -> dict[str, Any]:
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
