"""Values of a column as text, and plain numbers that are spelled as text."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from kerastune.data.cells import Where, as_categories, as_numbers, from_start
from kerastune.data.in_pieces import InPieces, pieces_of
from kerastune.data.mapped import mapped_array, mapped_texts
from kerastune.data.number_formats import PLAIN_PATTERN
from kerastune.lazy_polars import polars

MISSING = ("", "na", "n/a", "nan", "null", "none", "?", "-")
"""How missing values are spelled in formats without types, in upper or lower case."""

_LONGEST_MISSING = max(map(len, MISSING))


def texts_of(cells: Any, column: str, where: Where, without_types: bool) -> Sequence[str | None]:
    """Returns values as text, None where they are missing.

    Args:
        cells: the values of a column.
        column: str, its name, for messages.
        where: function that tells where a position is.
        without_types: bool, whether missing values are text, see `MISSING`.

    Returns:
        List of str or None; of values that are read in pieces, `MappedTexts`.

    Example:

    >>> texts_of(["red", "NA"], "colour", str, without_types=True)
    ['red', None]
    """
    pieces = _text_pieces(cells, column, where, without_types)
    return mapped_texts(pieces) if isinstance(cells, InPieces) else next(pieces)


def _text_pieces(
    cells: Any, column: str, where: Where, without_types: bool
) -> Iterator[Sequence[str | None]]:
    """Yields values as text, some rows at a time where there are many."""
    for start, piece in pieces_of(cells) if isinstance(cells, InPieces) else [(0, cells)]:
        texts = as_categories(piece, column, from_start(start, where))
        yield [_present(text) for text in texts] if without_types else texts


def _present(text: str | None) -> str | None:
    """Returns a text, or None for one that says that a value is missing."""
    if text is None or (len(text) <= _LONGEST_MISSING and text.lower() in MISSING):
        return None
    return text


def plain_numbers_of(cells: Any, column: str, where: Where) -> np.ndarray | None:
    """Returns values as numbers, if all that are not missing are spelled plainly.

    Args:
        cells: the values of a column of a format without types.
        column: str, its name, for messages.
        where: function that tells where a position is.

    Returns:
        float64 array with NaN for missing ones; None if a value is no plain number, or all are
        missing.

    Raises:
        InputError: if a number is infinite.

    Example:

    >>> plain_numbers_of(["1.5", "NA"], "size", str).tolist()
    [1.5, nan]
    """
    parts, count = [], 0
    for texts in _text_pieces(cells, column, where, True):
        try:
            series = polars.Series(texts, dtype=polars.String)
        except UnicodeEncodeError:
            return None  # Half a character, which JSON can spell.
        numbers = series.cast(polars.Float64, strict=False)
        is_plain = series.str.contains(PLAIN_PATTERN).all()
        if not is_plain or numbers.null_count() > series.null_count():
            return None
        count += len(series) - series.null_count()
        parts.append(numbers.to_numpy())
    if not count:
        return None
    found = as_numbers(np.concatenate(parts), column, where)
    return mapped_array([found], "float64") if isinstance(cells, InPieces) else found


class PresentTexts:
    """The texts of a column that are not missing, which may be walked over several times.

    Args:
        texts: sequence of str or None.

    Example:

    >>> list(PresentTexts(["a", None]))
    ['a']
    """

    def __init__(self, texts: Iterable[str | None]) -> None:
        self._texts = texts

    def __iter__(self) -> Iterator[str]:
        return (text for text in self._texts if text is not None)
