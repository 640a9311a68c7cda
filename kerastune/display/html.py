"""A table as a fragment of HTML in which every text is escaped."""

import base64
import re
from collections.abc import Sequence
from html import escape
from typing import Any

from kerastune.display.formats import image_size
from kerastune.display.table import Column, TableData
from kerastune.display.texts import printable

_LONG_TEXT = 32
_ENLARGED_TO = 72  # Pixels of the page.


def html_table(table: TableData) -> str:
    """Returns the table as one element; numbers carry their raw value for sorting."""
    heads = "".join(
        f'<th scope="col"{_classes(_kinds(column))}>{_breakable(column.heading, "[/:_]")}</th>'
        for column in table.columns
    )
    texts = table.texts()
    lines = [_row(table, index, row, texts[index]) for index, row in enumerate(table.rows)]
    body = "".join(lines)
    foot = ""
    if table.total is not None:
        total = _row(table, len(table.rows), table.total, texts[-1])
        foot = f"<tfoot>\n{total}</tfoot>\n"
    return f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}</tbody>\n{foot}</table>\n"


def html_with_title(table: TableData) -> str:
    """Returns the table under its title, and the notes below it, as a notebook shows them."""
    title = f"<p><b>{escape(printable(table.title))}</b></p>\n" if table.title else ""
    return f"{title}{html_table(table)}{html_list(table.notes)}"


def html_list(notes: Sequence[str]) -> str:
    """Returns notes as a list, or nothing."""
    items = "".join(f"<li>{escape(printable(note))}</li>\n" for note in notes)
    return f"<ul>\n{items}</ul>\n" if items else ""


def html_image(png: bytes, name: str, kind: str, width: int, height: int | None = None) -> str:
    """Returns a PNG file inside a page, as one element."""
    data = base64.b64encode(png).decode("ascii")
    size = f'width="{width}"' + (f' height="{height}"' if height else "")
    return f'<img class="{kind}" alt="{escape(name)}" {size} src="data:image/png;base64,{data}">'


def _row(table: TableData, index: int, values: tuple[Any, ...], texts: list[str]) -> str:
    """Returns one row; a text at its start is its heading."""
    first, *others = (
        _cell(value, text, column, table.marks.get((index, at), ""))
        for at, (value, text, column) in enumerate(zip(values, texts, table.columns, strict=True))
    )
    is_heading = table.columns[0].unit == "text"
    tag, scope = ("th", ' scope="row"') if is_heading else ("td", "")
    rest = "".join(f"<td{cell}</td>" for cell in others)
    return f"<tr><{tag}{scope}{first}</{tag}>{rest}</tr>\n"


def _cell(value: Any, text: str, column: Column, mark: str) -> str:
    """Returns the attributes and the text of a cell."""
    if isinstance(value, bytes):
        return f">{_small_image(value, column.name)}"
    kinds = [*_kinds(column), *([mark] if mark else [])]
    if column.is_text:
        long = ["long"] if max(map(len, text.split("\n"))) > _LONG_TEXT else []
        shown = _breakable(text, "[/:]") if column.unit == "text" else escape(text)
        return f"{_classes([*kinds, *long])}>{shown}"
    attributes = ""
    if value is not None:
        attributes += f' data-value="{value!r}"'
        if column.unit in ("bytes", "operations"):
            attributes += f' title="{value:,}"'
        if column.has_bar:
            kinds.append("share")
            # However little it is, it must not look like nothing.
            part = f"max({100 * value:.4f}%, 2px)" if value else "0"
            attributes = f' style="--part: {part}"{attributes}'
    return f"{_classes(kinds)}{attributes}>{escape(text)}"


def _kinds(column: Column) -> list[str]:
    return ["number"] if column.is_right else []


def _classes(kinds: list[str]) -> str:
    return f' class="{" ".join(kinds)}"' if kinds else ""


def _small_image(png: bytes, name: str) -> str:
    """Returns an image in a cell, a tiny one enlarged by a whole number so that it stays sharp."""
    width, height = image_size(png)
    times = max(1, _ENLARGED_TO // max(width, height, 1))
    return html_image(png, name, "thumbnail", width * times, height * times)


def _breakable(text: str, marks: str) -> str:
    """Returns a text in which nothing is markup, and which may be broken after some marks."""
    parts = re.split(f"(?<={marks})", text)
    return "<wbr>".join(map(escape, filter(None, parts)))
