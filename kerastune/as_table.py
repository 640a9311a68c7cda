"""Objects that print as a table: in a program, at a prompt and in a notebook."""

import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH = 80


class AsTable:
    """What prints as the table of Rich that it gives.

    A class that inherits from this has a method `__rich__`, which returns a `rich.table.Table`.
    Text is at most 80 columns wide.

    Example:

    >>> class Sizes(AsTable):
    ...     def __rich__(self):
    ...         return table_of("Sizes", {"part": "left", "numbers": "right"}, [("head", "10")])
    >>> print(Sizes())
    Sizes
    ┏━━━━━━┳━━━━━━━━━┓
    ┃ part ┃ numbers ┃
    ┡━━━━━━╇━━━━━━━━━┩
    │ head │      10 │
    └──────┴─────────┘
    """

    def __rich__(self) -> Table:
        """The table."""
        raise NotImplementedError

    def __str__(self) -> str:
        console = Console(file=io.StringIO(), width=_WIDTH, color_system=None, force_jupyter=False)
        with console.capture() as captured:
            console.print(self.__rich__())
        return "\n".join(line.rstrip() for line in captured.get().splitlines())

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """The table as a notebook shows it."""
        return html_of(self.__rich__())


def table_of(
    title: str,
    columns: Mapping[str, Any],
    rows: Sequence[Sequence[str]],
    notes: Sequence[str] = (),
) -> Table:
    """A table of Rich whose texts are shown as they are.

    Args:
        title: str.
        columns: dictionary from the name of each column to its alignment, `"left"` or
            `"right"`.
        rows: sequence of sequences of str.
        notes: sequence of str, lines below the table. Defaults to none.

    Returns:
        A `rich.table.Table`.

    Example:

    >>> table_of("Sizes", {"part": "left"}, [("head",)]).row_count
    1
    """
    below = Text("\n".join(notes)) if notes else None
    table = Table(title=Text(title), title_justify="left", caption=below, caption_justify="left")
    for name, alignment in columns.items():
        table.add_column(Text(name), justify=alignment, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def html_of(table: Table) -> str:
    """A table of Rich as HTML, in which every text is escaped.

    Args:
        table: a `rich.table.Table` of texts.

    Returns:
        The HTML, str.

    Example:

    >>> html = html_of(table_of("Sizes", {"part": "left"}, [("<head>",)]))
    >>> "&lt;head&gt;" in html, "<head>" in html
    (True, False)
    """
    heads = "".join(_cell("th", column.header, column.justify) for column in table.columns)
    rows = zip(*(column.cells for column in table.columns), strict=True)
    alignments = [column.justify for column in table.columns]
    lines = [
        "".join(_cell("td", *pair) for pair in zip(row, alignments, strict=True)) for row in rows
    ]
    body = "".join(f"<tr>{line}</tr>\n" for line in lines)
    below = f"<p>{_escaped(table.caption)}</p>\n" if table.caption else ""
    return (
        f"<table>\n<caption style='text-align: left'>{_escaped(table.title)}</caption>\n"
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n{below}"
    )


def _cell(tag: str, content: Any, alignment: str) -> str:
    """A cell of a table in HTML."""
    return f"<{tag} style='text-align: {alignment}'>{_escaped(content)}</{tag}>"


def _escaped(content: Any) -> str:
    """A text, or one in the markup of Rich, as HTML."""
    text = content if isinstance(content, Text) else Text.from_markup(str(content or ""))
    return escape(text.plain).replace("\n", "<br>")


def shown_number(value: float) -> str:
    """A number to about four digits.

    Args:
        value: float.

    Returns:
        The text, str.

    Example:

    >>> shown_number(0.78123), shown_number(52311.7), shown_number(3e-7)
    ('0.7812', '52,312', '3.00e-07')
    """
    if 0 < abs(value) < 1e-3:
        return f"{value:.2e}"
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:,.0f}"


def is_number(value: Any) -> bool:
    """Whether a value is a number, which a truth value is not here.

    Example:

    >>> is_number(0.5), is_number(True), is_number([0.5])
    (True, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool)
