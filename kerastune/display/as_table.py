"""Objects that show themselves as a table: in a program, at a prompt and in a notebook."""

from typing import TYPE_CHECKING

from kerastune.display.table import TableData

if TYPE_CHECKING:
    import polars

    from kerastune.display.terminal import TerminalTable

_WIDTH = 80


class AsTable:
    """Base class of objects that are shown as a table.

    A class that inherits from this has a method `to_table`. Text is at most 80 columns wide.

    Example:

    >>> class Sizes(AsTable):
    ...     def to_table(self):
    ...         return Table("Sizes", (Column("part", "text"), Column("numbers")), [("head", 10)])
    >>> from kerastune.display import Column
    >>> print(Sizes())
    Sizes
    part  numbers
    ─────────────
    head       10
    """

    def to_table(self) -> TableData:
        """Returns the table."""
        raise NotImplementedError

    def __rich__(self) -> "TerminalTable":
        """Returns the table as a terminal of any width shows it."""
        from kerastune.display.terminal import TerminalTable

        return TerminalTable(self.to_table())

    def __str__(self) -> str:
        from kerastune.display.terminal import plain_text

        return plain_text(self.to_table(), _WIDTH)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from kerastune.display.html import html_with_title

        return html_with_title(self.to_table())


class Table(AsTable, TableData):
    """Values in rows and columns, to be shown, saved or worked with.

    Args:
        title: str, what the table is about; it may be empty.
        columns: tuple of `Column`, whose names differ.
        rows: tuple of tuples, one value a column, in the order to be shown: str for text,
            int for counts, bytes and operations, int or float for shares and numbers, bytes for
            images; None for a value that is not known or does not apply.
        notes: tuple of str, what a reader has to know beside it. Default: none.
        total: tuple as a row, set apart under the rows, or None. Default: None.
        marks: dictionary from the places of a row and a column to `"best"` or `"wrong"`, which
            marks the value there. Default: none.

    Raises:
        ValueError: there is no column, two columns have one name, a row is not as wide as the
            columns, or a value is not what its column holds.

    Example:

    >>> from kerastune.display import Column
    >>> columns = Column("model", "text"), Column("parameters"), Column("share", "share")
    >>> table = Table("Models", columns, (("small", 1500, 0.5), ("large", 25636712, None)))
    >>> print(table.to_markdown())
    **Models**
    <BLANKLINE>
    | model | parameters |  share |
    | :---- | ---------: | -----: |
    | small |      1,500 | 50.0 % |
    | large | 25,636,712 |      – |
    <BLANKLINE>
    >>> table.to_dict()["rows"][0]
    {'model': 'small', 'parameters': 1500, 'share': 0.5}
    """

    def to_table(self) -> "Table":
        """Returns the table itself."""
        return self

    def to_polars(self) -> "polars.DataFrame":
        """Returns the rows as a data frame; the total is not among them, so that sums are right.

        Returns:
            A `polars.DataFrame` of raw values: integers stay integers, and None is null.
        """
        from kerastune.display.frames import data_frame

        return data_frame(self)

    def to_csv(self) -> str:
        """Returns the rows as CSV, with raw numbers, the total in the last line.

        A text that a spreadsheet would run as a formula (it begins with `=`, `+`, `-` or
        `@`) gets an apostrophe before it: names come from files of unknown origin. Where
        texts must be exact, use `to_dict` or `to_polars`.

        Returns:
            The text, str, with a line of column names first.
        """
        from kerastune.display.frames import csv_text

        return csv_text(self)

    def to_markdown(self) -> str:
        """Returns the table in GitHub's Markdown, values as shown and every text escaped.

        Returns:
            The title, the table and the notes, str.
        """
        from kerastune.display.markdown import markdown_table

        return markdown_table(self)

    def to_html(self) -> str:
        """Returns the table as a fragment of HTML, values as shown and every text escaped.

        Returns:
            One `<table>` element, str, without title, notes, style and script.
            Each number's raw value is in the attribute `data-value` of its cell.
        """
        from kerastune.display.html import html_table

        return html_table(self)
