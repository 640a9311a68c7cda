"""A table in the terminal, whatever its width."""

import io
import re
from collections.abc import Iterator
from itertools import islice, product
from typing import Any

import rich.table
from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.containers import Lines
from rich.padding import Padding
from rich.segment import Segment
from rich.text import Text

from kerastune.display.table import TableData
from kerastune.display.texts import printable

_BAR_CELLS = 8
_BLOCKS = " ▏▎▍▌▋▊▉█"
_NARROWEST_TEXT, _NARROWEST_BESIDE_BARS = 14, 28
_WIDEST_HEAD = 16
_WIDEST_WORD = 32
_GAP = 2  # Cells between two columns.
_INDENT = 2


class TerminalTable:
    """A table as Rich prints it, fitted to the width there is, from 60 columns on.

    Texts are folded and numbers never are. Where the columns do not fit, the bars of shares
    go; then each row becomes a block of lines, one for each of its values.

    Args:
        table: the `TableData`.
    """

    def __init__(self, table: TableData) -> None:
        self.table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The title, the table in the first form that fits, and the notes."""
        forms = product((True, False), (True, False))
        fitting = (
            _columns(self.table, options.max_width, bars=bars, wide=wide)
            for bars, wide in forms
            if not (bars and options.ascii_only)
        )
        parts = [
            *([Text(printable(self.table.title), "bold")] if self.table.title else []),
            next(filter(None, fitting), None) or _blocks(self.table, options.max_width),
            *(Text(printable(note), overflow="fold") for note in self.table.notes),
        ]
        for segment in console.render(Group(*parts), options):
            # A console of one byte a letter has no way to write most names.
            text = segment.text.encode(options.encoding, "replace").decode(options.encoding)
            yield Segment(text, segment.style, segment.control)


def plain_text(table: TableData, width: int) -> str:
    """The table as a terminal without colours shows it, without blanks at the ends of lines."""
    console = Console(file=io.StringIO(), width=width, color_system=None, force_jupyter=False)
    with console.capture() as captured:
        console.print(TerminalTable(table))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _columns(table: TableData, width: int, *, bars: bool, wide: bool) -> rich.table.Table | None:
    """A column for each column of the table, whose texts Rich folds; None if too wide."""
    drawn = rich.table.Table(
        box=box.SIMPLE, show_edge=False, pad_edge=False, collapse_padding=True,
        show_footer=table.total is not None,
    )  # fmt: skip
    texts = table.texts()
    least = _GAP * (len(table.columns) - 1)
    columns = []
    for place, column in enumerate(table.columns):
        cells = [row[place] for row in texts]
        if bars and column.has_bar:
            cells = _with_bars(cells, table, place)
        words = min(_WIDEST_WORD if wide else _WIDEST_HEAD, _widest(column.heading.split()))
        whole = min(_WIDEST_HEAD, _widest([column.heading])) if wide else 0
        narrowest = max(words, whole, _widest(cells))
        if column.is_text:
            shortest = _NARROWEST_BESIDE_BARS if bars and _has_bars(table) else _NARROWEST_TEXT
            narrowest = max(words, min(shortest, _widest(cells)))
        least += narrowest
        columns.append([_text(cell) for cell in cells])
        drawn.add_column(
            _Folded(column.heading),
            columns[-1][-1] if drawn.show_footer else "",
            justify="right" if column.is_right else "left",
            overflow="fold",
            width=None if column.is_text else narrowest,
            min_width=narrowest,
        )
    if least > width:
        return None
    for row in islice(zip(*columns, strict=True), len(table.rows)):
        drawn.add_row(*row)
    return drawn


def _blocks(table: TableData, width: int) -> Group:
    """A block for each row: its first value, and under it a line for each of the others."""
    labels, *columns = zip(*table.texts(), strict=True) if table.texts() else ((),)
    names = [printable(column.name) for column in table.columns[1:]]
    numbers = [
        "" if column.is_text else max(cells, key=cell_len)
        for column, cells in zip(table.columns[1:], columns, strict=True)
    ]
    room = width - _INDENT - _GAP - _widest(numbers)
    parts: list[RenderableType] = []
    for row, label in enumerate(labels):
        lines = rich.table.Table.grid(padding=(0, _GAP, 0, 0))
        lines.add_column(overflow="fold", width=min(_widest(names), room))
        lines.add_column(overflow="fold")
        for name, column, cells in zip(names, table.columns[1:], columns, strict=True):
            value = cells[row] if column.is_text else f"{cells[row]:>{_widest(numbers)}}"
            lines.add_row(_Folded(name), _text(value))
        parts += [_Folded(label, "bold"), Padding(lines, (0, 0, 0, _INDENT), expand=False)]
    return Group(*parts)


class _Folded(Text):
    """A text that is folded after a slash or else a mark, where it can be."""

    def wrap(self, console: Console, width: int, **options: Any) -> Lines:
        """The lines of the text, as Rich wraps what has to be broken elsewhere."""
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
    """The parts of a text that stay together on a line if they can."""
    for part in re.findall(r"[^\s/]*[\s/]+|[^\s/]+", text):
        fits = cell_len(part.rstrip()) <= width
        yield from [part] if fits else re.findall(r"[^\s/_:.,=-]*[\s/_:.,=-]|[^\s/_:.,=-]+", part)


def _text(cell: str) -> Text:
    """A cell, its bar in colour."""
    text = _Folded(cell)
    text.highlight_regex(rf"[{_BLOCKS.strip()}]+", "cyan")
    return text


def _has_bars(table: TableData) -> bool:
    """Whether any column is of shares."""
    return any(column.has_bar for column in table.columns)


def _with_bars(cells: list[str], table: TableData, place: int) -> list[str]:
    """The texts of a column of shares, a bar before each."""
    rows = table.rows if table.total is None else (*table.rows, table.total)
    return [
        f"{_bar(row[place] or 0):{_BAR_CELLS}} {cell:>{_widest(cells)}}"
        for row, cell in zip(rows, cells, strict=True)
    ]


def _bar(share: float) -> str:
    """A bar of eighths of cells: empty only for nothing, full only for the whole."""
    steps = 8 * _BAR_CELLS
    length = round(steps * share)
    if 0 < share < 1:
        length = min(max(length, 1), steps - 1)
    return (_BLOCKS[-1] * (length // 8) + _BLOCKS[length % 8]).strip()


def _widest(texts: list[str]) -> int:
    """The cells that the longest line of some texts takes."""
    return max((cell_len(line) for text in texts for line in text.split("\n")), default=0)
