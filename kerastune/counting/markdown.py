"""A table as GitHub shows it in a README."""

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len

from kerastune.counting.shown import shown, shown_text

if TYPE_CHECKING:
    from kerastune.counting.table import Table

# An underscore inside a word means nothing, a heading only begins a line, and GitHub makes a
# link of what looks like an address.
_MEANING = re.compile(
    r"[\\`*\[\]<>|~$&]|(?<![^\W_])_|_(?![^\W_])|^#|:(?=//)|(?<=www)\.", re.IGNORECASE
)


def markdown_table(table: "Table") -> str:
    """The title, the table with its columns lined up, and the notes as a list."""
    heads = [_escaped(column.name) for column in table.columns]
    numeric = [column.unit != "text" for column in table.columns]
    lines = [
        [
            _escaped(shown(value, column.unit, signed=column.signed))
            for value, column in zip(row, table.columns, strict=True)
        ]
        for row in (*table.rows, *([table.total] if table.total else []))
    ]
    if table.total:
        lines[-1] = [f"**{cell}**" if cell else cell for cell in lines[-1]]
    columns = zip(heads, *lines, strict=True)
    widths = [max(3, *map(cell_len, cells)) for cells in columns]
    rule = [
        "-" * (width - 1) + ":" if right else ":" + "-" * (width - 1)
        for width, right in zip(widths, numeric, strict=True)
    ]
    body = "\n".join(_line(cells, widths, numeric) for cells in (heads, rule, *lines))
    parts = [f"**{_escaped(table.title)}**", body]
    if table.notes:
        parts.append("\n".join(f"- {_escaped(note)}" for note in table.notes))
    return "\n\n".join(parts) + "\n"


def _line(cells: list[str], widths: list[int], numeric: list[bool]) -> str:
    """One line of the table, numbers at the right of their column."""
    padded = (
        " " * (width - cell_len(cell)) + cell if right else cell + " " * (width - cell_len(cell))
        for cell, width, right in zip(cells, widths, numeric, strict=True)
    )
    return f"| {' | '.join(padded)} |"


def _escaped(text: str) -> str:
    """A text in which nothing means something to Markdown or HTML."""
    return _MEANING.sub(r"\\\g<0>", shown_text(text))
