"""Tables and pictures as one HTML page that needs nothing beside it."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources

from kerastune.counting.shown import shown_text
from kerastune.counting.table import Table
from kerastune.evaluation.report import inline_picture

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
{sections}
<script>{script}</script>
</body>
</html>
"""


def html_page(
    title: str,
    tables: Sequence[Table],
    pictures: Mapping[str, bytes],
    notes: Sequence[str] = (),
) -> str:
    """Tables and pictures as one HTML page whose tables are sorted by a press on a heading.

    Nothing is fetched, and no script runs but the page's own.

    Args:
        title: str, the heading.
        tables: list of `Table`, in the order to be shown.
        pictures: dictionary from a caption to a PNG file's bytes.
        notes: list of str, what a reader has to know about all of it. Default: none.

    Returns:
        The page, str. Whatever text the arguments hold is escaped.

    Example:

    >>> from kerastune.counting.table import Column
    >>> table = Table("Models", (Column("model", "text"),), (("<script>",),))
    >>> "&lt;script&gt;" in html_page("Parameters", [table], {})
    True
    """
    script = _resource("kerastune.counting", "page.js")
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    figures = "".join(inline_picture(shown_text(caption), png) for caption, png in pictures.items())
    sections = [
        *(_section(table.title, _table(table)) for table in tables),
        _section("Pictures", figures) if figures else "",
        _section("Notes", _list(notes)) if notes else "",
    ]
    return _PAGE.format(
        title=_text(title),
        script=script,
        script_hash=base64.b64encode(digest).decode("ascii"),
        style=_resource("kerastune.evaluation", "report.css")
        + _resource("kerastune.counting", "page.css"),
        sections="\n".join(filter(None, sections)),
    )


def _table(table: Table) -> str:
    """A table with its notes, in a box that scrolls where it is too wide."""
    notes = list(table.notes)
    if any(column.unit == "bytes" for column in table.columns):
        notes.append("Sizes are in binary units: 1 MiB is 1,048,576 bytes.")
    box = f'<div class="scroll" tabindex="0" role="region" aria-label="{_text(table.title)}">'
    return f"{box}\n{table.to_html()}</div>\n{_list(notes)}"


def _section(heading: str, content: str) -> str:
    """A part of the page under its heading."""
    return f"<section><h2>{_text(heading)}</h2>\n{content}</section>"


def _list(notes: Sequence[str]) -> str:
    """Notes as a list."""
    items = "".join(f"<li>{_text(note)}</li>\n" for note in notes)
    return f'<ul class="notes">\n{items}</ul>\n' if items else ""


def _text(text: str) -> str:
    """A text in which nothing is markup."""
    return escape(shown_text(text))


def _resource(package: str, name: str) -> str:
    """A file of a package."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")
