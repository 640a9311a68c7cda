"""A table in the terminal, whatever its width."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import rich.table
from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.containers import Lines
from rich.segment import Segment
from rich.text import Text

from kerastune.display.table import Column, TableData
from kerastune.display.texts import printable

_BAR_CELLS = 8
_BLOCKS = " ▏▎▍▌▋▊▉█"
_NARROWEST_TEXT, _NARROWEST_BESIDE_BARS = 14, 28
_WIDEST_HEAD = 16
_WIDEST_WORD = 32
_GAP = 2  # Cells between two columns.


class TerminalTable:
    """A table as Rich prints it, fitted to the width there is, from 60 columns on.

    Texts are folded and numbers never are. Where the columns do not fit, the bars of shares
    go; then the columns are split over several tables, each with the first column.

    Args:
        table: the `TableData`.
    """

    def __init__(self, table: TableData) -> None:
        self.table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Returns the title, the table in the first form that fits, and the notes."""
        width, rows = options.max_width, len(self.table.rows)
        columns = _texts(self.table)
        if options.ascii_only or not _widths(columns, width):
            columns = [replace(column, bars=[]) for column in columns]
        parts = [
            *([Text(printable(self.table.title), "bold")] if self.table.title else []),
            *_split(columns, rows, width),
            *(Text(printable(note), overflow="fold") for note in self.table.notes),
        ]
        for segment in console.render(Group(*parts), options):
            # A console of one byte a letter has no way to write most names.
            text = segment.text.encode(options.encoding, "replace").decode(options.encoding)
            yield Segment(text, segment.style, segment.control)


def plain_text(table: TableData, width: int) -> str:
    """Returns the table as plain text for a terminal, without blanks at the ends of lines."""
    console = Console(file=io.StringIO(), width=width, color_system=None, force_jupyter=False)
    with console.capture() as captured:
        console.print(TerminalTable(table))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


@dataclass(frozen=True)
class _Texts:
    """A column as texts, those of the total last, and the bars before them, if there are any."""

    column: Column
    texts: list[str]
    bars: list[str]

    @property
    def cells(self) -> list[str]:
        """The texts behind their bars."""
        if not self.bars:
            return self.texts
        widest = _widest(self.texts)
        return [f"{bar}{text:>{widest}}" for bar, text in zip(self.bars, self.texts, strict=True)]

    def width(self, shortest: int | None) -> int:
        """Returns the cells that the column needs if texts are folded to so many, or not at all."""
        heading, widest = self.column.heading, _widest(self.cells)
        if shortest is None:
            words = min(_WIDEST_WORD, _widest(heading.split()))
            return max(widest, words, min(_WIDEST_HEAD, _widest([heading])))
        pieces = [piece for word in heading.split() for piece in _pieces(word, 0)]
        least = min(shortest, widest) if self.column.is_text else widest
        return max(least, min(_WIDEST_HEAD, _widest(pieces)))


def _texts(table: TableData) -> list[_Texts]:
    texts, rows = table.texts(), table.rows_and_total
    return [
        _Texts(
            column,
            [row[index] for row in texts],
            [f"{_bar(row[index] or 0):{_BAR_CELLS}} " for row in rows] if column.has_bar else [],
        )
        for index, column in enumerate(table.columns)
    ]


def _widths(columns: list[_Texts], width: int) -> list[int] | None:
    """Returns the cells that each column needs, texts folded if they must be; None without room."""
    bars = any(column.bars for column in columns)
    for shortest in (None, _NARROWEST_BESIDE_BARS if bars else _NARROWEST_TEXT):
        widths = [column.width(shortest) for column in columns]
        if sum(widths) + _GAP * (len(columns) - 1) <= width:
            return widths
    return None


def _drawn(columns: list[_Texts], rows: int, width: int) -> rich.table.Table:
    """Returns the columns as a table whose texts Rich folds."""
    widths = _widths(columns, width) or [one.width(_NARROWEST_TEXT) for one in columns]
    drawn = rich.table.Table(
        box=box.SIMPLE,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
        show_footer=len(columns[0].texts) > rows,
    )
    for one, wide in zip(columns, widths, strict=True):
        drawn.add_column(
            _Folded(one.column.heading),
            _text(one.cells[-1]) if drawn.show_footer else "",
            justify="right" if one.column.is_right else "left",
            overflow="fold",
            width=None if one.column.is_text else wide,
            min_width=wide,
        )
    for row in islice(zip(*(column.cells for column in columns), strict=True), rows):
        drawn.add_row(*map(_text, row))
    return drawn


def _split(columns: list[_Texts], rows: int, width: int) -> Iterator[RenderableType]:
    """Yields tables of the columns that fit side by side, each with the first column."""
    least = [column.width(_NARROWEST_TEXT) for column in columns]
    parts: list[list[int]] = [[0]]
    for index in range(1, len(columns)):
        widths = [least[one] + _GAP for one in (*parts[-1], index)]
        if len(parts[-1]) > 1 and sum(widths) - _GAP > width:
            parts.append([0])
        parts[-1].append(index)
    for number, part in enumerate(parts):
        yield from [Text()] if number else []
        yield _drawn([columns[index] for index in part], rows, width)


class _Folded(Text):
    """A text that is folded after a slash or else a mark, where it can be."""

    def wrap(self, console: Console, width: int, **options: Any) -> Lines:
        """Returns the lines of the text, as Rich wraps what has to be broken elsewhere."""
        lines = Lines()
        for line in self.split(allow_blank=True):
            start = end = 0
            offsets = []
            for piece in _pieces(line.plain, width):
                if end > start and cell_len((line.plain[start:end] + piece).rstrip()) > width:
                    offsets.append(end)
                    start = end
                end += len(piece)
            for part in line.divide(offsets):
                lines.extend(part.wrap(console, width, **options))
        return lines


def _pieces(text: str, width: int) -> Iterator[str]:
    """Yields the parts of a text that stay together on a line if they can."""
    for part in re.findall(r"[^\s/]*[\s/]+|[^\s/]+", text):
        fits = cell_len(part.rstrip()) <= width
        yield from [part] if fits else re.findall(r"[^\s/_:.,=-]*[\s/_:.,=-]|[^\s/_:.,=-]+", part)


def _text(cell: str) -> Text:
    text = _Folded(cell)
    if cell[:1] in _BLOCKS:
        text.highlight_regex(rf"[{_BLOCKS.strip()}]+", "cyan")
    return text


def _bar(share: float) -> str:
    """Returns a bar of eighths of cells: empty only for nothing, full only for the whole."""
    steps = 8 * _BAR_CELLS
    length = round(steps * share)
    if 0 < share < 1:
        length = min(max(length, 1), steps - 1)
    return (_BLOCKS[-1] * (length // 8) + _BLOCKS[length % 8]).strip()


def _widest(texts: list[str]) -> int:
    """Returns the cells that the longest line of some texts takes."""
    return max((cell_len(line) for text in texts for line in text.split("\n")), default=0)
