"""Tables as text with separators, in the dialects of spreadsheets, R and pandas."""

import csv
import io
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kerastune.data.table_text import read_text
from kerastune.errors import InputError
from kerastune.lazy_polars import polars

_SEPARATORS = {".csv": ",;\t|", ".tsv": "\t,;|", ".tab": "\t,;|"}
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_ROWS_LOOKED_AT = 20


class DelimitedRows(ABC):
    """The rows of a table as text; a base class, whose subclasses have `records`."""

    path: Path

    @abstractmethod
    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Returns the header and the rows with their lines, whatever their lengths.

        Returns:
            Iterator of tuples of int and a list of str; the list is empty for a blank line.

        Raises:
            InputError: if quotes do not match.
        """

    @cached_property
    def header(self) -> list[str]:
        """list of str, the names of the columns without blanks around them."""
        return [name.strip() for name in next((row for _, row in self.records() if row), [])]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Returns the rows with their lines in the file, blank lines left out.

        Returns:
            Iterator of tuples of int and a list of str.

        Raises:
            InputError: as for `columns`.
        """
        rows = rows_of(self.records(), str(self.path))
        next(rows, None)  # the header
        return rows

    def line(self, position: int) -> int:
        """Returns the line of the file in which a row begins.

        Args:
            position: int, the row, counted from 0.
        """
        for index, (line, _) in enumerate(self.rows()):
            if index == position:
                return line
        raise IndexError(position)


@dataclass(frozen=True)
class Delimited(DelimitedRows):
    """A table as text, before its columns are read.

    Args:
        text: str, header and rows.
        separator: str, the character between two fields.
        path: Path, the file, for messages.
        first_line: int, the line of the file at which the text begins. Defaults to 1.
        notes: tuple of str, what a person should know of how it was read.

    Example:

    >>> table = Delimited("name;age\\nAnn;30\\n", ";", Path("people.csv"))
    >>> table.header, table.columns([1])
    (['name', 'age'], [['30']])
    """

    text: str
    separator: str
    path: Path
    first_line: int = 1
    notes: tuple[str, ...] = ()

    def columns(self, indices: Sequence[int]) -> list[list[str]]:
        """Returns the values of some columns, as they are spelled.

        Args:
            indices: sequence of int, the positions of the columns.

        Returns:
            List of a list of str for each column.

        Raises:
            InputError: with its line, if a row has more or fewer fields than the header, or
                quotes do not match.
        """
        frame = self._read_by_polars()
        if frame is not None:
            return [frame.to_series(index).fill_null("").to_list() for index in indices]
        rows = [row for _, row in self.rows()]
        return [[row[index] for row in rows] for index in indices]

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Returns the header and the rows with their lines, whatever their lengths."""
        lines = io.StringIO(self.text, newline="")
        return records_of(lines, self.separator, str(self.path), self.first_line)

    def _read_by_polars(self) -> "polars.DataFrame | None":
        """Returns the table as Polars reads it, or None if rows must be read one by one.

        Polars fills short rows and blank lines with nulls, does not tell the line of long rows
        or of quotes that do not match, and takes a carriage return by itself for no line's end.
        """
        if self.text.count("\r") != self.text.count("\r\n"):
            return None
        try:
            frame = polars.read_csv(
                self.text.encode(), separator=self.separator, infer_schema=False, glob=False
            )
        except (polars.exceptions.PolarsError, UnicodeEncodeError):
            return None
        if frame.width != len(self.header) or frame.width == 0:
            return None
        return None if frame.to_series(frame.width - 1).null_count() else frame


def records_of(
    lines: Iterable[str], separator: str, name: str, first_line: int = 1
) -> Iterator[tuple[int, list[str]]]:
    """Yields the header and the rows of lines of text, whatever their lengths.

    Args:
        lines: iterable of str, with their ends.
        separator: str, the character between two fields.
        name: str, what the lines are, for messages.
        first_line: int, the number of the first of them. Defaults to 1.

    Returns:
        Iterator of tuples of the line, an int, and a list of str, which is empty for a blank
        line.

    Raises:
        InputError: if quotes do not match.

    Example:

    >>> list(records_of(["a;b\\n", "1;2\\n"], ";", "numbers"))
    [(1, ['a', 'b']), (2, ['1', '2'])]
    """
    reader = csv.reader(lines, delimiter=separator, strict=True)
    line = 1
    while True:
        try:
            with _fields_of_any_length():
                row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _broken(name, line + first_line - 1, "well-formed fields", str(error)) from error
        yield line + first_line - 1, row
        line = reader.line_num + 1


def rows_of(records: Iterable[tuple[int, list[str]]], name: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the header and the rows that are not blank, each with as many fields as the header.

    Args:
        records: iterable of tuples, as `records_of` gives them.
        name: str, what they are, for messages.

    Raises:
        InputError: with its line, if a row has more or fewer fields.

    Example:

    >>> list(rows_of([(1, ["a", "b"]), (2, []), (3, ["1", "2"])], "numbers"))
    [(1, ['a', 'b']), (3, ['1', '2'])]
    """
    width = None
    for line, row in records:
        if not row:
            continue
        width = len(row) if width is None else width
        if len(row) != width:
            raise _broken(name, line, f"{width} fields", f"{len(row)} fields")
        yield line, row


def dialect_of(text: str, suffix: str) -> tuple[str, int, tuple[str, ...]]:
    """Returns the separator of a table of text, told from its first rows.

    Args:
        text: str, the first rows or all.
        suffix: str, as for `open_delimited`.

    Returns:
        A tuple of the separator, how many lines stand before the table, such as `sep=;`, and a
        note if the separator is not the usual one.

    Example:

    >>> dialect_of("name;age\\nAnn;30\\n", ".csv")
    (';', 0, ('columns separated by semicolons',))
    """
    named = text.partition("\n")[0].strip().strip('"')
    before = int(named.lower().startswith("sep=") and len(named) <= 5)
    separator = (named[4:] or "\t") if before else _separator(text, _SEPARATORS[suffix])
    if separator == _SEPARATORS[suffix][0]:
        return separator, before, ()
    return separator, before, (f"columns separated by {_NAMES.get(separator, repr(separator))}",)


def open_delimited(path: Path, suffix: str) -> Delimited:
    """Returns a file of text with separators, which are told from its first rows.

    Args:
        path: Path of the file.
        suffix: str, `".csv"`, `".tsv"` or `".tab"`: commas, or tabs, are preferred where others
            would do as well. A first line such as `sep=;` decides.

    Returns:
        A `Delimited`.

    Raises:
        InputError: if it is no text, or has no row.
        OSError: if it cannot be read.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "people.csv"
    >>> _ = path.write_text("sep=;\\nname;age\\nAnn;30\\n")
    >>> table = open_delimited(path, ".csv")
    >>> table.header, table.line(0), table.notes
    (['name', 'age'], 3, ('columns separated by semicolons',))
    """
    text, notes = read_text(path)
    if "\n" not in text:
        text = text.replace("\r", "\n")  # As old Macintosh programs write it.
    separator, before, dialect_notes = dialect_of(text, suffix)
    if before:
        text = text.partition("\n")[2]
    if not text.strip():
        raise InputError(f"Expected a table with rows. Received: {path}, which is empty")
    return Delimited(text, separator, path, before + 1, notes + dialect_notes)


def _broken(name: str, line: int, expected: str, received: str) -> InputError:
    """Returns the error for a line that cannot be parsed."""
    return InputError(f"Expected {expected} in line {line} of {name}. Received: {received}")


def _separator(text: str, candidates: str) -> str:
    """Returns the separator that gives the first rows as many fields as the header, and most."""
    scores = {separator: _fit(text, separator) for separator in candidates}
    return max(candidates, key=lambda separator: scores[separator])


def _fit(text: str, separator: str) -> tuple[bool, int]:
    """Returns whether the first rows have as many fields as the header, and how many if two."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    widths = []
    with _fields_of_any_length():
        for _, row in zip(range(_ROWS_LOOKED_AT), reader, strict=False):
            widths += [len(row)] if row else []
    if not widths or widths[0] < 2:
        return False, 0
    return all(width == widths[0] for width in widths), widths[0]


@contextmanager
def _fields_of_any_length() -> Iterator[None]:
    """Lets Python's reader take fields of any length inside a `with` block."""
    before: Any = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)
