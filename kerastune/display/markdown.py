"""A table as GitHub shows it in a README."""

import re

from rich.cells import cell_len

from kerastune.display.table import TableData
from kerastune.display.texts import printable

# An underscore inside a word means nothing, a heading only begins a line, and GitHub makes a
# link of what looks like an address.
_MEANING = re.compile(
    r"[\\`*\[\]<>|~$&]|(?<![^\W_])_|_(?![^\W_])|^#|:(?=//)|(?<=www)\.", re.IGNORECASE
)


def markdown_table(table: TableData) -> str:
    """Returns the title, the table with its columns lined up, and the notes as a list."""
    heads = [_escaped(column.heading) for column in table.columns]
    numeric = [column.is_right for column in table.columns]
    lines = [list(map(_escaped, row)) for row in table.texts()]
    if table.total:
        lines[-1] = [f"**{cell}**" if cell else cell for cell in lines[-1]]
    columns = zip(heads, *lines, strict=True)
    widths = [max(3, *map(cell_len, cells)) for cells in columns]
    rule = [
        "-" * (width - 1) + ":" if right else ":" + "-" * (width - 1)
        for width, right in zip(widths, numeric, strict=True)
    ]
    body = "\n".join(_line(cells, widths, numeric) for cells in (heads, rule, *lines))
    parts = [f"**{_escaped(printable(table.title))}**", body] if table.title else [body]
    if table.notes:
        parts.append("\n".join(f"- {_escaped(printable(note))}" for note in table.notes))
    return "\n\n".join(parts) + "\n"


def _line(cells: list[str], widths: list[int], numeric: list[bool]) -> str:
    """Returns one line of the table, numbers at the right of their column."""
    padded = (
        " " * (width - cell_len(cell)) + cell if right else cell + " " * (width - cell_len(cell))
        for cell, width, right in zip(cells, widths, numeric, strict=True)
    )
    return f"| {' | '.join(padded)} |"


def _escaped(text: str) -> str:
    """Returns a text in which nothing means something to Markdown or HTML."""
    return "<br>".join(_MEANING.sub(r"\\\g<0>", line) for line in text.split("\n"))
