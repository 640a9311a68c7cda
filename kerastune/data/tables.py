"""Tables of texts and labels: CSV, TSV, JSON lines and Parquet files."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from os import PathLike
from pathlib import Path

import polars

from kerastune.data.cleaning import labelled_texts
from kerastune.data.source import Source
from kerastune.errors import InputError, closest, reason


def read_table(
    path: str | PathLike,
    *,
    text_column: str = "text",
    label_column: str = "label",
    class_names: Sequence[str] | None = None,
) -> Source:
    """Reads texts and their labels from a table.

    The suffix tells the format: `.csv`, `.tsv`, `.jsonl` (or `.ndjson`) or `.parquet`.
    Text formats are UTF-8. Rows without a text or a label are dropped, repeated rows
    are kept once, and texts with contradictory labels are dropped; `Source.notes`
    tells how many. Blanks around a label do not count.

    CSV and TSV files hold text only, so `0.5` there is the name of a class. The other
    formats have types: numbers with fractions are no labels, and numbers no texts.

    Args:
        path: str or path of the file.
        text_column: str, the column of texts. Defaults to `"text"`.
        label_column: str, the column of labels: text, whole numbers or booleans.
            Defaults to `"label"`.
        class_names: sequence of str, the classes that are known. Give the training
            data's when reading test data. By default, the labels found, sorted.

    Returns:
        A `Source` with a list of str as features.

    Raises:
        InputError: if the file is missing, empty, broken or cannot be read, a column is
            missing or of another type, only one class is there, or a label is not among
            the `class_names`.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "reviews.csv"
    >>> _ = path.write_text("text,label\\nA joy,good\\nA bore,bad\\n,bad\\n")
    >>> source = read_table(path)
    >>> source.features, source.class_names
    (['A joy', 'A bore'], ('bad', 'good'))
    >>> source.notes
    ('1 of 3 rows dropped: no text',)
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"Expected a file of type {TABLE_SUFFIXES}. Received: {path}")
    try:
        if not path.is_file():
            raise InputError(f"Expected a table to read. Received: {path}, which is not a file")
        if not path.stat().st_size:
            raise InputError(f"Expected a table with rows. Received: {path}, which is empty")
        frame = reader(path, [text_column, label_column])
    except OSError as error:
        raise InputError(
            f"Expected a table that can be read. Received: {path}: "
            f"{error.strerror or reason(error)}"
        ) from error
    texts, labels = frame[text_column], frame[label_column]
    if texts.dtype not in (polars.String, polars.Null):
        raise InputError(
            f"Expected text in column {text_column!r} of {path}. Received: {texts.dtype}"
        )
    if not _holds_classes(labels.dtype):
        raise InputError(
            f"Expected class names or whole numbers in column {label_column!r} of {path}. "
            f"Received: {labels.dtype}"
        )
    return labelled_texts(
        texts.to_list(),
        labels.cast(polars.String).to_list(),
        class_names=class_names,
        name=path.name,
        where=lambda position: f"row {position + 1} of {path}",
        unit="rows",
    )


def _read_delimited(path: Path, columns: list[str], delimiter: str) -> polars.DataFrame:
    """A CSV or TSV file, in which every row must have as many fields as the header."""
    # Polars fills short rows with nulls and does not tell the line of long ones.
    reader = csv.reader(io.StringIO(_read_text(path), newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    line = 1
    try:
        header = next(reader, [])
        _require(columns, header, path)
        line = reader.line_num + 1
        for row in reader:
            if row and len(row) != len(header):
                raise _broken(path, line, f"{len(header)} fields", f"{len(row)} fields")
            if row:
                rows.append(row)
            line = reader.line_num + 1
    except csv.Error as error:
        raise _broken(path, line, "well-formed fields", str(error)) from error
    return polars.DataFrame(
        {name: [row[header.index(name)] for row in rows] for name in columns},
        schema=dict.fromkeys(columns, polars.String),
    )


def _read_json_lines(path: Path, columns: list[str]) -> polars.DataFrame:
    """A file with one JSON object a line; a key that is not there is a missing value."""
    text_column, label_column = columns
    rows: list[dict] = []
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
        text, label = row.get(text_column), row.get(label_column)
        if not isinstance(text, str | None):
            raise _broken(path, line, f"text or null as {text_column!r}", type(text).__name__)
        if not isinstance(label, str | int | None):
            expected = f"text, a whole number, true, false or null as {label_column!r}"
            raise _broken(path, line, expected, type(label).__name__)
        rows.append(row)
    _require(columns, dict.fromkeys(name for row in rows for name in row), path)
    try:
        return polars.DataFrame(
            {name: [_as_text(row.get(name)) for row in rows] for name in columns},
            schema=dict.fromkeys(columns, polars.String),
        )
    except UnicodeEncodeError as error:
        raise InputError(f"Expected Unicode text. Received: {path}, {error}") from error


def _as_text(value: str | int | None) -> str | None:
    """A label of a JSON file as text: true and false as JSON writes them."""
    return value if isinstance(value, str | None) else json.dumps(value)


def _read_parquet(path: Path, columns: list[str]) -> polars.DataFrame:
    """The columns asked for of a Parquet file."""
    try:
        _require(columns, polars.read_parquet_schema(path), path)
        return polars.read_parquet(path, columns=columns)
    except polars.exceptions.PolarsError as error:
        raise InputError(f"Expected a Parquet file. Received: {path}: {reason(error)}") from error


_READERS: dict[str, Callable[[Path, list[str]], polars.DataFrame]] = {
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


def _require(columns: list[str], present: Iterable[str], path: Path) -> None:
    """Raises unless each column asked for is there once."""
    present = list(present)
    for name in columns:
        if name not in present:
            raise InputError(
                f"Expected a column {name!r} in {path}. Received: columns "
                f"{', '.join(map(repr, present)) or 'none'}.{closest(name, present)}"
            )
        if present.count(name) > 1:
            raise InputError(
                f"Expected one column {name!r} in {path}. Received: {present.count(name)}"
            )


def _broken(path: Path, line: int, expected: str, received: str) -> InputError:
    """The error for a line that cannot be parsed."""
    return InputError(f"Expected {expected} in line {line} of {path}. Received: {received}")


def _holds_classes(dtype: polars.DataType) -> bool:
    """Whether a column's values can be names of classes."""
    texts = (polars.String, polars.Categorical, polars.Enum, polars.Boolean, polars.Null)
    return dtype.is_integer() or dtype in texts
