"""A table as a fragment of HTML in which every text is escaped."""

import re
from html import escape
from typing import TYPE_CHECKING, Any

from kerastune.counting.shown import shown, shown_text

if TYPE_CHECKING:
    from kerastune.counting.table import Column, Table

_LONG_TEXT = 32


def html_table(table: "Table") -> str:
    """The table as one element; numbers carry their raw value for sorting."""
    heads = "".join(
        f'<th scope="col"{"" if column.unit == "text" else " class=number"}>'
        f"{_breakable(column.name, '[/:_]')}</th>"
        for column in table.columns
    )
    body = "".join(_row(row, table.columns) for row in table.rows)
    foot = f"<tfoot>\n{_row(table.total, table.columns)}</tfoot>\n" if table.total else ""
    return f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}</tbody>\n{foot}</table>\n"


def _row(row: tuple[Any, ...], columns: "tuple[Column, ...]") -> str:
    """One row; a text at its start is its heading."""
    first, *others = (_cell(value, column) for value, column in zip(row, columns, strict=True))
    tag, scope = ("th", ' scope="row"') if columns[0].unit == "text" else ("td", "")
    rest = "".join(f"<td{cell}</td>" for cell in others)
    return f"<tr><{tag}{scope}{first}</{tag}>{rest}</tr>\n"


def _cell(value: Any, column: "Column") -> str:
    """A cell from its first attribute to its text: its kind, its raw value, its bar's length."""
    text = shown(value, column.unit, signed=column.signed)
    if column.unit == "text":
        return f"{' class=long' if len(text) > _LONG_TEXT else ''}>{_breakable(text, '[/:]')}"
    attributes = ""
    if value is not None:
        attributes += f' data-value="{value!r}"'
        if column.unit in ("bytes", "operations"):
            attributes += f' title="{value:,}"'
        if column.unit == "share" and not column.signed:
            # However little it is, it must not look like nothing.
            part = f"max({100 * value:.4f}%, 2px)" if value else "0"
            return f' class="number share" style="--part: {part}"{attributes}>{escape(text)}'
    return f" class=number{attributes}>{escape(text)}"


def _breakable(text: str, marks: str) -> str:
    """A text in which nothing is markup, and which may be broken after some marks."""
    parts = re.split(f"(?<={marks})", shown_text(text))
    return "<wbr>".join(map(escape, filter(None, parts)))
