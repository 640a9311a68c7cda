"""A table in the terminal, whatever its width."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress, islice
from typing import TYPE_CHECKING

import rich.table
from rich import box
from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.text import Text

from kerastune.counting.shown import shown, shown_text

if TYPE_CHECKING:
    from kerastune.counting.table import Table

_BAR_CELLS = 8
_BLOCKS = " ▏▎▍▌▋▊▉█"
_NARROWEST_TEXT, _NARROWEST_BESIDE_BARS = 14, 28
_WIDEST_HEAD = 16
_GAP = 2  # Cells between two columns.
_INDENT = 2
_MOST_PARTS = 3


class TerminalTable:
    """A table as Rich prints it, fitted to the width there is, from 60 columns on.

    Texts are folded and numbers never are. Where the columns do not fit, the bars of
    shares go first; then the columns are split over a few tables, each with the first column;
    then each row becomes a block of lines, one for each of its values.

    Args:
        table: the `Table`.
    """

    def __init__(self, table: "Table") -> None:
        self.table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The title, the table in the first layout that fits, and the notes."""
        shapes = [_Columns.of(self.table, bars=bars) for bars in (True, False)]
        if options.ascii_only:
            del shapes[0]
        fitting = (shape.drawn(options.max_width) for shape in shapes)
        parts = [
            Text(shown_text(self.table.title), style="bold", overflow="fold"),
            next(filter(None, fitting), None)
            or _split(shapes[-1], options.max_width)
            or _blocks(self.table, options.max_width),
            *(Text(shown_text(note), overflow="fold") for note in self.table.notes),
        ]
        for segment in console.render(Group(*parts), options):
            # A console of one byte a letter has no way to write most names.
            text = segment.text.encode(options.encoding, "replace").decode(options.encoding)
            yield Segment(text, segment.style, segment.control)


@dataclass(frozen=True)
class _Columns:
    """The layout that has a column for each column of the table.

    Args:
        heads: list of str, one a column.
        cells: list of lists of str, the texts of each column.
        numeric: list of bool, whether a column's texts must stay on one line.
        rows: int, how many of the texts come before the total.
        narrowest: int, the cells that a long text gets at least.
    """

    heads: list[str]
    cells: list[list[str]]
    numeric: list[bool]
    rows: int
    narrowest: int

    @classmethod
    def of(cls, table: "Table", *, bars: bool) -> "_Columns":
        """The layout of a table, shares with or without their bars."""
        return cls(
            [shown_text(column.name) for column in table.columns],
            [_cells(table, position, bars=bars) for position in range(len(table.columns))],
            [column.unit != "text" for column in table.columns],
            len(table.rows),
            _NARROWEST_BESIDE_BARS if bars else _NARROWEST_TEXT,
        )

    def only(self, places: Sequence[int]) -> "_Columns":
        """The layout with some of the columns."""
        return replace(
            self,
            heads=[self.heads[place] for place in places],
            cells=[self.cells[place] for place in places],
            numeric=[self.numeric[place] for place in places],
        )

    def drawn(self, width: int) -> rich.table.Table | None:
        """The table that Rich prints, every cell folded to its column; None if too wide."""
        widths = self._widths(width - _GAP * (len(self.heads) - 1))
        if widths is None:
            return None
        drawn = rich.table.Table(
            box=box.SIMPLE,
            show_edge=False,
            pad_edge=False,
            collapse_padding=True,
            show_footer=self.rows < len(self.cells[0]),
        )
        parts = zip(self.heads, self.cells, self.numeric, widths, strict=True)
        for head, cells, numeric, wide in parts:
            drawn.add_column(
                _folded(head, wide),
                _folded(cells[-1], wide) if drawn.show_footer else "",
                justify="right" if numeric else "left",
                min_width=wide,
            )
        for row in islice(zip(*self.cells, strict=True), self.rows):
            drawn.add_row(*map(_folded, row, widths))
        return drawn

    def _widths(self, room: int) -> list[int] | None:
        """As wide as each column likes, else the widest capped alike; None without room."""
        limits = []
        for head, cells, numeric in zip(self.heads, self.cells, self.numeric, strict=True):
            widest, word = _widest(cells), min(_WIDEST_HEAD, _widest(_pieces(head)))
            least = max(word, widest if numeric else min(widest, self.narrowest))
            limits.append((least, max(word, widest, min(cell_len(head), _WIDEST_HEAD))))
        for cap in range(room, 0, -1):
            widths = [max(least, min(most, cap)) for least, most in limits]
            if sum(widths) <= room:
                return widths
        return None


def _split(columns: _Columns, width: int) -> Group | None:
    """The layout that has several tables under each other; None where a few do not do."""
    parts: list[list[int]] = [[0]]
    for place in range(1, len(columns.heads)):
        if columns.only([*parts[-1], place]).drawn(width) is None:
            parts.append([0])
        parts[-1].append(place)
    drawn = [table for part in parts if (table := columns.only(part).drawn(width))]
    if len(parts) > _MOST_PARTS or len(drawn) < len(parts):
        return None
    spaced: list[RenderableType] = [part for table in drawn for part in (Text(), table)]
    return Group(*spaced[1:])


def _blocks(table: "Table", width: int) -> Group:
    """The layout that has a block for each row: its first value, and the others under it."""
    labels, *columns = (_cells(table, place, bars=False) for place in range(len(table.columns)))
    names = [shown_text(column.name) for column in table.columns[1:]]
    numeric = [column.unit != "text" for column in table.columns[1:]]
    numbers = max(map(_widest, compress(columns, numeric)), default=0)
    left = min(_widest(names), width - _INDENT - _GAP - numbers)
    right = width - _INDENT - _GAP - left
    parts: list[RenderableType] = []
    for row, label in enumerate(labels):
        lines = rich.table.Table.grid(padding=(0, _GAP, 0, 0))
        lines.add_column(min_width=left)
        for name, cells, number in zip(names, columns, numeric, strict=True):
            value = f"{cells[row]:>{numbers}}" if number else cells[row]
            lines.add_row(_folded(name, left), _folded(value, right))
        heading = _folded(label, width)
        heading.stylize("bold")
        parts += [heading, Padding(lines, (0, 0, 0, _INDENT), expand=False)]
    return Group(*parts)


def _cells(table: "Table", position: int, *, bars: bool) -> list[str]:
    """The texts of one column, the total's the last; shares with a bar if asked for."""
    column = table.columns[position]
    rows = table.rows if table.total is None else (*table.rows, table.total)
    values = [row[position] for row in rows]
    cells = [shown(value, column.unit, signed=column.signed) for value in values]
    if not bars or column.unit != "share" or column.signed:
        return cells
    widest = _widest(cells)
    return [
        f"{_bar(value or 0):{_BAR_CELLS}} {cell:>{widest}}"
        for value, cell in zip(values, cells, strict=True)
    ]


def _bar(share: float) -> str:
    """A bar of eighths of cells: empty only for nothing, full only for the whole."""
    steps = 8 * _BAR_CELLS
    length = round(steps * share)
    if 0 < share < 1:
        length = min(max(length, 1), steps - 1)
    return (_BLOCKS[-1] * (length // 8) + _BLOCKS[length % 8]).strip()


def _folded(text: str, width: int) -> Text:
    """A text on lines of at most so many cells, broken at its slashes or else its marks."""
    lines = [""]
    for part in re.findall(r"[^\s/]*[\s/]|[^\s/]+", text):
        for piece in [part] if cell_len(part.rstrip()) <= width else _pieces(part):
            if cell_len(lines[-1] + piece.rstrip()) > width and lines[-1]:
                lines.append("")
            line = lines[-1] + piece
            lines[-1:] = chop_cells(line.rstrip() if cell_len(line) > width else line, width) or [
                ""
            ]
    folded = Text("\n".join(line.rstrip() for line in lines))
    folded.highlight_regex(rf"[{_BLOCKS.strip()}]+", "cyan")
    return folded


def _pieces(text: str) -> list[str]:
    """The parts of a text that stay together on a line if they can."""
    return re.findall(r"[^\s/_:.,=-]*[\s/_:.,=-]|[^\s/_:.,=-]+", text)


def _widest(cells: list[str]) -> int:
    """The cells that the longest of some texts takes."""
    return max(map(cell_len, cells), default=0)
