"""Tables as JSON: an object a line, a list of objects, or a list for each column."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerastune.data.cells import row_number
from kerastune.data.table_columns import RequestedColumns, TableFile
from kerastune.data.table_text import read_unicode
from kerastune.errors import InputError, reason


def read_json_lines(path: Path, wanted: RequestedColumns) -> TableFile:
    """Returns the columns of a file with one JSON object a line.

    Args:
        path: Path of the file.
        wanted: `RequestedColumns`, which columns. A key that is not there is a missing value.

    Returns:
        A `TableFile`.

    Raises:
        InputError: with its line, if one is no object, or has a value that is refused.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.jsonl"
    >>> _ = path.write_text('{"age": 5}\\n{"name": "Ann"}\\n')
    >>> read_json_lines(path, RequestedColumns()).cells
    {'age': [5, None], 'name': [None, 'Ann']}
    """
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


def read_json(path: Path, wanted: RequestedColumns) -> TableFile:
    """Returns the columns of a file with a list of JSON objects, or an object with a list a column.

    Args:
        path: Path of the file.
        wanted: `RequestedColumns`, which columns. A key that is not there is a missing value.

    Returns:
        A `TableFile`.

    Raises:
        InputError: if it is neither, or has a value that is refused.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.json"
    >>> _ = path.write_text('[{"age": 5}, {"age": 6}]')
    >>> read_json(path, RequestedColumns()).cells
    {'age': [5, 6]}
    """
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
    wanted: RequestedColumns,
    lines: Sequence[str] = (),
) -> TableFile:
    """Returns the columns of JSON objects, and where each is."""
    for position, row in enumerate(rows):
        for name in row if wanted.columns is None else wanted.columns:
            if expected := wanted.rule(name, row.get(name)):
                location = lines[position] if lines else row_number(position)
                raise _broken(path, location, expected, type(row.get(name)).__name__)
    present = dict.fromkeys(name for row in rows for name in row)
    columns = wanted.among(present, path)

    def where(position: int) -> str:
        line = f" ({lines[position]})" if lines else ""
        return f"{row_number(position)}{line} of {path}"

    return TableFile({name: [row.get(name) for row in rows] for name in columns}, where)


def _broken(path: Path, location: str, expected: str, received: str) -> InputError:
    """Returns the error for a place that cannot be parsed."""
    return InputError(f"Expected {expected} in {location} of {path}. Received: {received}")
