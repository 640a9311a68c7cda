"""Tables that are written some rows at a time: to CSV, JSON lines, Parquet, the terminal."""

import csv
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from kerastune.errors import InputError
from kerastune.lazy_polars import polars

Rows = Mapping[str, Sequence[Any]]
"""Some rows of a table by column, plain data; the same columns each time."""

WriteRows = Callable[[Rows], None]
"""A function that writes some rows behind those before."""


def require_writable(path: Path, *, overwrite: bool) -> None:
    """Raises unless a table can be written to a path.

    Args:
        path: Path of the file.
        overwrite: bool, whether it may be replaced.

    Raises:
        InputError: if the suffix is of no format that is known, or the file exists.

    Example:

    >>> require_writable(Path("no/such/answers.csv"), overwrite=False)
    """
    if path.suffix.lower() not in _FILES:
        raise InputError(f"Expected an output of type {', '.join(_FILES)}. Received: {path}")
    if path.is_dir() or (path.exists() and not overwrite):
        raise InputError(
            f"Expected a new file as output. Received: {path}, which exists. Choose another, or "
            "add --overwrite"
        )


@contextmanager
def table_file(path: Path, *, separator: str = "|") -> Iterator[WriteRows]:
    """A table in a file, which is there when it is complete.

    Args:
        path: Path of the file, whose suffix tells the format: `.csv`, `.tsv`, `.jsonl`,
            `.ndjson` or `.parquet`. It is replaced if it exists.
        separator: str, what stands between the items of a list in CSV. Defaults to `"|"`.

    Yields:
        A function that writes some rows.

    Raises:
        OSError: if the file cannot be written.

    Example:

    >>> path = Path(tempfile.mkdtemp()) / "answers.csv"
    >>> with table_file(path) as write:
    ...     write({"row": [1, 2], "prediction": ["a, b", None]})
    >>> path.read_text()
    'row,prediction\\n1,"a, b"\\n2,\\n'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, so that the complete file takes its name in one step.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        whole = Path(folder) / path.name
        with _FILES[path.suffix.lower()](whole, separator) as write:
            yield write
        os.replace(whole, path)


def csv_stream(stream: TextIO, separator: str = "|", delimiter: str = ",") -> WriteRows:
    """A function that writes rows to a text stream as CSV, after a header.

    Args:
        stream: text stream.
        separator: str, what stands between the items of a list. Defaults to `"|"`.
        delimiter: str, what stands between fields. Defaults to a comma.

    Returns:
        A function from rows to None.

    Example:

    >>> import sys
    >>> write = csv_stream(sys.stdout)
    >>> write({"row": [1], "prediction": [("cat", "dog")]})
    row,prediction
    1,cat|dog
    """
    writer = csv.writer(stream, lineterminator="\n", delimiter=delimiter)
    is_first = True

    def write(rows: Rows) -> None:
        nonlocal is_first
        if is_first:
            writer.writerow(rows)
            is_first = False
        for row in zip(*rows.values(), strict=True):
            writer.writerow([shown_cell(value, separator) for value in row])
        stream.flush()

    return write


def shown_cell(value: Any, separator: str = "|", digits: int = 7) -> str:
    """A value as text: nothing for None, items of a list with a separator between.

    Args:
        value: plain data.
        separator: str. Defaults to `"|"`.
        digits: int, significant digits of numbers. Defaults to 7, those of a float32.

    Example:

    >>> shown_cell(0.123456789), shown_cell(["cat", "dog"]), shown_cell(None)
    ('0.1234568', 'cat|dog', '')
    """
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return separator.join(shown_cell(item, separator, digits) for item in value)
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.{digits}g}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else str(value)


@contextmanager
def _delimited_file(path: Path, separator: str, delimiter: str = ",") -> Iterator[WriteRows]:
    """A CSV or TSV file."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        yield csv_stream(stream, separator, delimiter)


@contextmanager
def _json_file(path: Path, separator: str) -> Iterator[WriteRows]:  # noqa: ARG001
    """A file of JSON lines."""
    with path.open("w", encoding="utf-8", newline="") as stream:

        def write(rows: Rows) -> None:
            for row in zip(*rows.values(), strict=True):
                values = [_json_value(value) for value in row]
                record = dict(zip(rows, values, strict=True))
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")

        yield write


@contextmanager
def _parquet_file(path: Path, separator: str) -> Iterator[WriteRows]:  # noqa: ARG001
    """A Parquet file, put together in the end from one for each call."""
    parts: list[Path] = []
    schema: dict[str, Any] | None = None

    def write(rows: Rows) -> None:
        nonlocal schema
        frame = polars.DataFrame(rows, schema=schema, strict=False)
        # A later piece may have nothing but gaps in a column.
        schema = schema or dict(frame.schema)
        parts.append(path.parent / f"part {len(parts)}")
        frame.write_parquet(parts[-1])

    yield write
    if parts:
        polars.scan_parquet(parts, glob=False).sink_parquet(path)
    else:
        polars.DataFrame().write_parquet(path)


def _json_value(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def _tabbed_file(path: Path, separator: str) -> Iterator[WriteRows]:
    """A TSV file."""
    with _delimited_file(path, separator, "\t") as write:
        yield write


_FILES = {
    ".csv": _delimited_file,
    ".tsv": _tabbed_file,
    ".jsonl": _json_file,
    ".ndjson": _json_file,
    ".parquet": _parquet_file,
}
