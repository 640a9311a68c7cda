"""Tables as text with separators that are read line by line, as they are large."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from kerastune.data.delimited import (
    Delimited,
    DelimitedRows,
    dialect_of,
    open_delimited,
    records_of,
)
from kerastune.data.in_pieces import PIECE, ROWS_IN_MEMORY
from kerastune.data.mapped import TextWriter
from kerastune.data.table_text import is_plain_utf8

LARGE = 2**23
"""The bytes of a file from which it is read line by line: 8 MiB."""

_LOOKED_AT = 50  # lines


@dataclass(frozen=True)
class DelimitedFile(DelimitedRows):
    """A table as text in a file, of which some rows are in memory at a time.

    Args:
        path: Path, the file: UTF-8, not compressed.
        separator: str, the character between two fields.
        before: int, the lines before the table. Defaults to 0.
        notes: tuple of str, what a person should know of how it was read.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "people.csv"
    >>> _ = path.write_text("name;age\\nAnn;30\\n")
    >>> DelimitedFile(path, ";").columns([1])
    [['30']]
    """

    path: Path
    separator: str
    before: int = 0
    notes: tuple[str, ...] = ()

    def columns(self, indices: Sequence[int]) -> list[Sequence[str]]:
        """Returns the values of some columns, as they are spelled.

        Args:
            indices: sequence of int, the positions of the columns.

        Returns:
            List of the texts of each column: a list, or `MappedTexts` where there are many rows.

        Raises:
            InputError: with its line, if a row has more or fewer fields than the header, or
                quotes do not match.
        """
        writers = [TextWriter() for _ in indices]
        rows, count = self.rows(), 0
        while some := [row for _, row in islice(rows, PIECE)]:
            count += len(some)
            for writer, index in zip(writers, indices, strict=True):
                writer.add([row[index] for row in some])
        columns = [writer.mapped() for writer in writers]
        return [list(column) for column in columns] if count <= ROWS_IN_MEMORY else [*columns]

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Returns the header and the rows with their lines, whatever their lengths."""
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            lines = islice(file, self.before, None)
            yield from records_of(lines, self.separator, str(self.path), self.before + 1)


def open_large_delimited(path: Path, suffix: str) -> Delimited | DelimitedFile:
    """Returns a file of text with separators, to be read line by line if it is large.

    What is compressed, or in another encoding than UTF-8, is read as a whole.

    Args:
        path: Path of the file.
        suffix: str, as for `open_delimited`.

    Returns:
        A `DelimitedFile`, or of a small file a `Delimited`.

    Raises:
        InputError: as for `open_delimited`.
        OSError: if it cannot be read.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "people.csv"
    >>> _ = path.write_text("name;age\\nAnn;30\\n")
    >>> open_large_delimited(path, ".csv").separator
    ';'
    """
    if path.stat().st_size < LARGE or not is_plain_utf8(path):
        return open_delimited(path, suffix)
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = "".join(islice(file, _LOOKED_AT))
    if not head.strip():
        return open_delimited(path, suffix)  # Which says what is wrong with it.
    return DelimitedFile(path, *dialect_of(head, suffix))
