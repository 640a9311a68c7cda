"""Counts as one HTML page."""

from collections.abc import Mapping, Sequence

from kerastune.display.page import Page, Section
from kerastune.display.table import TableData


def html_page(
    title: str,
    tables: Sequence[TableData],
    pictures: Mapping[str, bytes],
    notes: Sequence[str] = (),
) -> str:
    """Tables and pictures as one HTML page whose tables are sorted by a press on a heading.

    Args:
        title: str, the heading.
        tables: list of `Table`, in the order to be shown.
        pictures: dictionary from a caption to a PNG file's bytes.
        notes: list of str, what a reader has to know about all of it. Default: none.

    Returns:
        The page, str, see `kerastune.display.page.Page`.

    Example:

    >>> from kerastune.counting import Column, Table
    >>> table = Table("Models", (Column("model", "text"),), (("<script>",),))
    >>> "&lt;script&gt;" in html_page("Parameters", [table], {})
    True
    """
    return Page(
        title,
        [
            *(Section(table.title, [table]) for table in tables),
            Section("Pictures", pictures=pictures),
            Section("Notes", notes=notes),
        ],
    ).to_html()
