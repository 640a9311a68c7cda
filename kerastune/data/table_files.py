"""The files that tables come in: CSV, TSV, JSON, Parquet and Arrow."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from kerastune.data.cells import row_number
from kerastune.data.delimited_files import open_large_delimited
from kerastune.data.json_tables import read_json, read_json_lines
from kerastune.data.scanned import ScannedFile
from kerastune.data.shard_files import is_pattern
from kerastune.data.shards import read_shards
from kerastune.data.table_columns import ALL, Cells, RequestedColumns, TableFile
from kerastune.data.table_text import COMPRESSED, inner_suffix
from kerastune.errors import InputError, WrongDataError, reason
from kerastune.lazy_polars import polars, polars_errors

_ARROW = b"ARROW1"


def read_table_file(path: Path, wanted: RequestedColumns = ALL) -> TableFile:
    """Reads columns of a table; the suffix tells the format, see `TABLE_SUFFIXES`.

    CSV and TSV files are read as `read_text` says. Text formats may be compressed: `.csv.gz`.

    Args:
        path: Path of the file; or of several with an asterisk in the name, see `read_shards`.
        wanted: `RequestedColumns`, which columns. Defaults to all.

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
        raise WrongDataError(
            f"Expected a table, a file of type {TABLE_SUFFIXES}. Received: {path}.{_advice(path)}"
        )
    if is_pattern(path):
        return read_shards(path, lambda file: read_table_file(file, wanted))
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
    """Returns whether the suffix of a file is that of a table.

    Args:
        path: Path.

    Example:

    >>> is_table_file(Path("reviews.csv.gz")), is_table_file(Path("cat.png"))
    (True, False)
    """
    return inner_suffix(path) in _READERS


def _read_delimited(path: Path, wanted: RequestedColumns, suffix: str) -> TableFile:
    """Returns a CSV or TSV file, in which every row must have as many fields as the header."""
    table = open_large_delimited(path, suffix)
    columns = wanted.among(table.header, path)
    values = table.columns([table.header.index(name) for name in columns])
    return TableFile(
        dict(zip(columns, values, strict=True)),
        lambda position: f"{row_number(position)} (line {table.line(position)}) of {path}",
        spelled=True,
        decimal_comma=table.separator == ";",
        notes=table.notes,
    )


def _read_parquet(path: Path, wanted: RequestedColumns) -> TableFile:
    try:
        columns = wanted.among(polars.read_parquet_schema(path), path)
        frame = polars.scan_parquet(path, glob=False)
    except polars_errors() as error:
        raise InputError(f"Expected a Parquet file. Received: {path}: {reason(error)}") from error
    return _of_cells(ScannedFile(path, frame, "a Parquet file").columns(columns), path)


def _read_arrow(path: Path, wanted: RequestedColumns) -> TableFile:
    with path.open("rb") as file:
        is_file = file.read(len(_ARROW)) == _ARROW
    try:
        if is_file:
            columns = wanted.among(polars.read_ipc_schema(path), path)
            scanned = ScannedFile(path, polars.scan_ipc(path, glob=False), "an Arrow file")
            return _of_cells(scanned.columns(columns), path)
        # A stream, as the library `datasets` writes it.
        frame = polars.read_ipc_stream(path)
        frame = frame.select(wanted.among(frame.columns, path))
    except polars_errors() as error:
        raise InputError(f"Expected an Arrow file. Received: {path}: {reason(error)}") from error
    return _of_cells({name: frame[name] for name in frame.columns}, path)


def _of_cells(cells: Cells, path: Path) -> TableFile:
    return TableFile(cells, lambda position: f"{row_number(position)} of {path}")


_READERS: dict[str, Callable[[Path, RequestedColumns], TableFile]] = {
    ".csv": partial(_read_delimited, suffix=".csv"),
    ".tsv": partial(_read_delimited, suffix=".tsv"),
    ".tab": partial(_read_delimited, suffix=".tab"),
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json,
    ".parquet": _read_parquet,
    ".arrow": _read_arrow,
    ".feather": _read_arrow,
}
TABLE_SUFFIXES = ", ".join(_READERS)


def _advice(path: Path) -> str:
    """Returns advice for a file of another type."""
    suffix = path.suffix.lower()
    if suffix in (".xls", ".xlsx", ".xlsm", ".ods", ".numbers"):
        return " Save the sheet as CSV"
    if suffix in (".zst", ".bz2", ".xz", ".7z", ".tar", ".tgz", ".rar"):
        return f" Unpack it, or compress it as {' or '.join(COMPRESSED)}"
    return ""
