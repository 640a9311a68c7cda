"""Lists of tokens and tags in cells of text: `['B-PER', 'O']`, or words with blanks between."""

import ast
import re
from collections.abc import Iterable, Sequence
from reprlib import repr as shortened
from typing import Any

from kerastune.data.cells import Where
from kerastune.data.missing import is_absent
from kerastune.errors import InputError
from kerastune.lazy_polars import polars

_LOOKED_AT = 20  # cells
_LONGEST = 1_000_000  # characters
_ITEM = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+)"""
# Without commas, as NumPy prints arrays, Python would join the texts to one.
_LIST = re.compile(rf"\[\s*(?:{_ITEM}(?:\s*,\s*{_ITEM})*\s*,?\s*)?\]", re.DOTALL)


def are_lists(cells: "Sequence[Any] | polars.Series") -> bool:
    """Returns whether the first cells of a column hold lists, or several words each.

    Args:
        cells: sequence of cells.

    Example:

    >>> are_lists(["O O B-x"]), are_lists(["['O']"]), are_lists(["O", "B-x"])
    (True, True, False)
    """
    first = [cells[row] for row in range(min(len(cells), _LOOKED_AT))]
    return any(
        not is_absent(cell) and (not isinstance(cell, str) or len(cell.split()) > 1 or "[" in cell)
        for cell in first
    )


def as_lists(cells: Iterable[Any], where: Where) -> list[Any]:
    """Returns the lists that cells of text spell; None for a cell that is empty.

    Args:
        cells: the cells. What is no text is left as it is.
        where: function that tells where a position is.

    Returns:
        List of a list, or None, for each cell.

    Raises:
        InputError: if a text begins like a list, and is none.

    Example:

    >>> as_lists(["['a', 'joy']", "a joy", ""], "row {}".format)
    [['a', 'joy'], ['a', 'joy'], None]
    """
    return [_as_list(cell, where, position) for position, cell in enumerate(cells)]


def _as_list(cell: Any, where: Where, position: int) -> Any:
    if not isinstance(cell, str):
        return None if cell is None or isinstance(cell, float) else cell
    text = cell.strip()
    if not text.startswith("["):
        return text.split() or None
    if len(text) <= _LONGEST and _LIST.fullmatch(text):
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            pass  # A text with an escape that Python does not have.
    raise InputError(
        f"Expected a list such as ['a', 'b'], with commas, in {where(position)}. Received: "
        f"{shortened(text)}. Write the list so, or as words with blanks between"
    )
