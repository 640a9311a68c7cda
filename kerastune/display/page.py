"""One HTML page of tables, pictures and notes, which needs nothing beside it."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib import resources

from kerastune.display.formats import image_size
from kerastune.display.html import html_image, html_list, html_table
from kerastune.display.table import TableData
from kerastune.display.texts import printable

PICTURE_DPI = 150
"""The dots an inch of the pictures of a page."""

_LEAST_SIZE = 0.7  # Of the size that a picture was drawn for.
_BYTES = "Sizes are in binary units: 1 MiB is 1,048,576 bytes."

# The policy holds a browser to what the page promises: its own script, nothing fetched.
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline';
 script-src 'sha256-{script_hash}'; base-uri 'none'; form-action 'none'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<h1>{title}</h1>
{body}
<script>{script}</script>
</body>
</html>
"""


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Args:
        heading: str.
        tables: sequence of tables. One without rows is left out; the title of one is shown
            where it is not the heading.
        pictures: dictionary from a caption to a PNG file's bytes.
        notes: sequence of str, shown first, as a list.
    """

    heading: str
    tables: Sequence[TableData] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def to_html(self) -> str:
        """Returns the section as one element, or nothing where it has no content."""
        pictures = "".join(_figure(*named) for named in self.pictures.items())
        content = [
            html_list(self.notes),
            *(_table(table, self.heading) for table in self.tables if table.rows),
            f'<div class="pictures">\n{pictures}</div>\n' if pictures else "",
        ]
        if not any(content):
            return ""
        return f"<section><h2>{_text(self.heading)}</h2>\n{''.join(content)}</section>"


@dataclass(frozen=True)
class Page:
    """A page whose tables are sorted by a press on a heading.

    It follows the browser into dark mode. Nothing is fetched, and no script runs but its own.

    Args:
        title: str, the heading.
        sections: sequence of `Section`.
        summary: str, a sentence under the heading. Default: none.
        verdict: sequence of str, paragraphs under it. Default: none.

    Example:

    >>> from kerastune.display import Column, Table
    >>> table = Table("Models", (Column("model", "text"),), (("<script>",),))
    >>> "&lt;script&gt;" in Page("Parameters", [Section("Models", [table])]).to_html()
    True
    """

    title: str
    sections: Sequence[Section] = ()
    summary: str = ""
    verdict: Sequence[str] = ()

    def to_html(self) -> str:
        """Returns the page, str, in which every text is escaped."""
        script = _resource("page.js")
        digest = hashlib.sha256(script.encode("utf-8")).digest()
        body = [
            f'<p class="summary">{_text(self.summary)}</p>' if self.summary else "",
            *(f'<p class="verdict">{_text(line)}</p>' for line in self.verdict),
            *(section.to_html() for section in self.sections),
        ]
        return _PAGE.format(
            title=_text(self.title),
            script=script,
            script_hash=base64.b64encode(digest).decode("ascii"),
            style=_resource("page.css"),
            body="\n".join(filter(None, body)),
        )


def _table(table: TableData, heading: str) -> str:
    """Returns a table with its notes, in a box that scrolls where it is too wide."""
    name = _text(table.title or heading)
    title = f"<h3>{name}</h3>\n" if name != _text(heading) else ""
    box = f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">'
    binary = [_BYTES] if any(column.unit == "bytes" for column in table.columns) else []
    notes = html_list([*table.notes, *binary])
    return f"{title}{box}\n{html_table(table)}</div>\n{notes}"


def _figure(caption: str, png: bytes) -> str:
    """Returns a picture with its caption, at the size it was drawn for."""
    # A browser counts 96 pixels an inch.
    width = image_size(png)[0] * 96 // PICTURE_DPI
    # Letters stay legible on a small screen, where the rest is found by scrolling.
    image = html_image(png, printable(caption), "drawn", width).replace(
        "<img ", f'<img style="min-width: {int(_LEAST_SIZE * width)}px" ', 1
    )
    return (
        f"<figure><figcaption>{_text(caption)}</figcaption>"
        f'<div class="scroll" tabindex="0">{image}</div></figure>\n'
    )


def _text(text: str) -> str:
    return escape(printable(text))


def _resource(name: str) -> str:
    return resources.files("kerastune.display").joinpath(name).read_text(encoding="utf-8")
