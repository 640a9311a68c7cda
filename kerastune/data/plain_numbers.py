"""One format of numbers for all rows of a column, told from the first of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kerastune.data.cell_texts import MISSING
from kerastune.data.columns import Column
from kerastune.data.number_formats import NumberFormat, number_format_note, number_format_of


def plain_numbers(
    chunks: Iterator[Mapping[str, Any]],
    columns: Mapping[str, Column],
    notes: list[str],
    *,
    decimal_comma: bool = False,
) -> Iterator[Mapping[str, Any]]:
    """Yields rows of a text format, some at a time, with numbers in the plain format.

    How the numbers of a column are spelled is told from the first rows and holds for all, so
    that 1,234 is the same number in each.

    Args:
        chunks: iterator of dictionaries from the name of a column to texts.
        columns: dictionary from the name of each input to its `Column`.
        notes: list of str, to which a line is added for each column that is spelled otherwise.
        decimal_comma: bool, as for `number_format_of`. Defaults to False.

    Returns:
        Iterator of dictionaries. Texts that are no numbers in that format are as they were.

    Example:

    >>> notes = []
    >>> chunks = iter([{"price": ["1,5", "2"]}, {"price": ["1,234"]}])
    >>> list(plain_numbers(chunks, {"price": Column("number")}, notes))
    [{'price': ['1.5', '2']}, {'price': ['1.234']}]
    >>> notes
    ["'price' read with decimal commas: '1,5' is 1.5"]
    """
    names = [name for name, column in columns.items() if column.kind == "number"]
    formats: dict[str, NumberFormat] = {}
    for cells in chunks:
        changed = dict(cells)
        for name in names:
            if name not in cells:
                continue
            if name not in formats:
                texts = _numbers(cells[name])
                formats[name] = number_format_of(texts, decimal_comma=decimal_comma)
                fitting = [text for text in texts if formats[name].fits(text)]
                notes += number_format_note(fitting, formats[name], name)
            changed[name] = [_plain(cell, formats[name]) for cell in cells[name]]
        yield changed


def _numbers(cells: Sequence[Any]) -> list[str]:
    """Returns the texts that are not missing, without blanks around them."""
    texts = (cell.strip() for cell in cells if isinstance(cell, str))
    return [text for text in texts if text.lower() not in MISSING]


def _plain(cell: Any, number_format: NumberFormat) -> Any:
    """Returns a number in the plain format; anything else as it is."""
    if not isinstance(cell, str):
        return cell
    text = cell.strip()
    return number_format.plain(text) if number_format.fits(text) else cell
