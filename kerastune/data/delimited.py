"""Tables as text with separators, in the dialects of spreadsheets, R and pandas."""

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars

from kerastune.data.table_text import read_text
from kerastune.errors import InputError

_SEPARATORS = {".csv": ",;\t|", ".tsv": "\t,;|", ".tab": "\t,;|"}
SPELLED = tuple(_SEPARATORS)
"""The suffixes of files without types, whose values are all text."""

_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_ROWS_LOOKED_AT = 20


@dataclass(frozen=True)
class Delimited:
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

    @cached_property
    def header(self) -> list[str]:
        """list of str, the names of the columns without blanks around them."""
        return [name.strip() for name in next((row for _, row in self.records() if row), [])]

    def columns(self, places: Sequence[int]) -> list[list[str]]:
        """The values of some columns, as they are spelled.

        Args:
            places: sequence of int, the positions of the columns.

        Returns:
            List of a list of str for each column.

        Raises:
            InputError: with its line, if a row has more or fewer fields than the header, or
                quotes do not match.
        """
        frame = self._read_by_polars()
        if frame is not None:
            return [frame.to_series(place).fill_null("").to_list() for place in places]
        rows = [row for _, row in self.rows()]
        return [[row[place] for row in rows] for place in places]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows with their lines in the file, blank lines left out.

        Returns:
            Iterator of tuples of int and a list of str.

        Raises:
            InputError: as for `columns`.
        """
        filled = ((line, row) for line, row in self.records() if row)
        width = len(next(filled, (0, []))[1])
        for line, row in filled:
            if len(row) != width:
                raise self._broken(line, f"{width} fields", f"{len(row)} fields")
            yield line, row

    def line(self, position: int) -> int:
        """The line of the file in which a row begins.

        Args:
            position: int, the row, counted from 0.
        """
        for place, (line, _) in enumerate(self.rows()):
            if place == position:
                return line
        raise IndexError(position)

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The header and the rows with their lines, whatever their lengths.

        Returns:
            Iterator of tuples of int and a list of str; the list is empty for a blank line.

        Raises:
            InputError: if quotes do not match.
        """
        lines = io.StringIO(self.text, newline="")
        reader = csv.reader(lines, delimiter=self.separator, strict=True)
        line = 1
        while True:
            try:
                with _fields_of_any_length():
                    row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise self._broken(
                    line + self.first_line - 1, "well-formed fields", str(error)
                ) from error
            yield line + self.first_line - 1, row
            line = reader.line_num + 1

    def _read_by_polars(self) -> polars.DataFrame | None:
        """The table as polars reads it, or None if the rows need to be looked at one by one.

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

    def _broken(self, line: int, expected: str, received: str) -> InputError:
        """The error for a line that cannot be parsed."""
        return InputError(
            f"Expected {expected} in line {line} of {self.path}. Received: {received}"
        )


def open_delimited(path: Path, suffix: str) -> Delimited:
    """A file of text with separators, which are told from its first rows.

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
    first, _, rest = text.partition("\n")
    named = first.strip().strip('"').lower()
    first_line = 1
    if named.startswith("sep=") and len(named) <= 5:
        text, first_line = rest, 2
        separator = first.strip().strip('"')[4:] or "\t"
    else:
        separator = _separator(text, _SEPARATORS[suffix])
    if not text.strip():
        raise InputError(f"Expected a table with rows. Received: {path}, which is empty")
    if separator != _SEPARATORS[suffix][0]:
        notes += (f"columns separated by {_NAMES.get(separator, repr(separator))}",)
    return Delimited(text, separator, path, first_line, notes)


def _separator(text: str, candidates: str) -> str:
    """The separator that gives each of the first rows as many fields as the header, and most."""
    scores = {separator: _fit(text, separator) for separator in candidates}
    return max(candidates, key=lambda separator: scores[separator])


def _fit(text: str, separator: str) -> tuple[bool, int]:
    """Whether the first rows have as many fields as the header, and how many, if they are two."""
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
    """Python's reader takes fields of any length inside a `with` block."""
    before: Any = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)
