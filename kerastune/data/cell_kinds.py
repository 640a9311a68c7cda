"""Kinds of the columns of a table, told from their values: numbers, categories or dates."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from kerastune.data.cell_texts import PresentTexts, plain_numbers_of, texts_of
from kerastune.data.cells import (
    Where,
    as_categories,
    as_dates,
    as_numbers,
    from_start,
    is_missing,
    row_number,
)
from kerastune.data.in_pieces import InPieces, dtype_of, pieces_of
from kerastune.data.mapped import mapped_array
from kerastune.data.number_formats import (
    PLAIN,
    NumberFormat,
    number_format_note,
    number_format_of,
)
from kerastune.errors import InputError
from kerastune.lazy_polars import polars

TABLE_KINDS = ("number", "category", "date")
"""The kinds of a table's columns."""

_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)


@dataclass(frozen=True)
class ReadColumn:
    """A column of a table as it was read.

    Args:
        kind: str, out of `TABLE_KINDS`.
        values: float64 array for numbers, else a list, or `InPieces` for many rows; see
            `as_numbers`, `as_categories` and `as_dates`.
        notes: tuple of str, what a person should know about it.

    Example:

    >>> ReadColumn("number", np.array([1.0])).notes
    ()
    """

    kind: str
    values: np.ndarray | Sequence[Any]
    notes: tuple[str, ...] = ()


def read_column(
    cells: "Sequence[Any] | polars.Series",
    column: str,
    *,
    spelled: bool = False,
    kind: str | None = None,
    where: Where = row_number,
    decimal_comma: bool = False,
) -> ReadColumn:
    """Reads the values of a column, as the kind that is asked for or that they are.

    Texts without types are numbers if all of them are, with or without a fraction or an
    exponent but without zeros in front, all with decimal points or all with decimal commas;
    dates if all are in the form of ISO 8601; and else categories. Texts of formats with
    types are dates or categories.

    Args:
        cells: sequence or series of the values.
        column: str, the column, for messages.
        spelled: bool, whether they are of a format without types, where also numbers and
            missing values are text. Values that are text in part only are read in this way
            too.
        kind: str out of `TABLE_KINDS`, or None to find it out. Defaults to None.
        where: function from a position to where it is.
        decimal_comma: bool, whether 1,234 is a little more than one where both would do.

    Returns:
        A `ReadColumn`.

    Raises:
        InputError: if a value cannot be of the kind that is asked for, is of no kind, or is
            an infinite number.

    Example:

    >>> read_column(["1.5", "NA", "-2e3"], "height", spelled=True).values.tolist()
    [1.5, nan, -2000.0]
    >>> read_column(["01234", "98765"], "zip", spelled=True).kind
    'category'
    """
    type_found = "text" if spelled else _type_of(cells, column)
    if type_found in TABLE_KINDS:
        return ReadColumn(kind or type_found, _CONVERT[kind or type_found](cells, column, where))
    without_types = spelled or type_found == "mixed"
    if without_types and kind in (None, "number"):
        numbers = plain_numbers_of(cells, column, where)
        if numbers is not None:
            return ReadColumn("number", numbers)
    texts = texts_of(cells, column, where, without_types)
    present = PresentTexts(texts)
    number_format = (
        number_format_of(present, decimal_comma=decimal_comma) if without_types else PLAIN
    )
    found, notes = (
        (kind, ()) if kind else _kind_of(texts, column, without_types, where, number_format)
    )
    if found == "number":
        notes += number_format_note(present, number_format, column)
        return ReadColumn(found, _parsed(texts, column, where, number_format), notes)
    return ReadColumn(found, as_dates(texts, column, where) if found == "date" else texts, notes)


_CONVERT: dict[str, Callable[[Any, str, Where], Any]] = {
    "number": as_numbers,
    "category": as_categories,
    "date": as_dates,
}
_NUMBERS = (int, float, Decimal, np.number)
_FLAGS = (bool, np.bool_)
_DATES = (date, np.datetime64)


def _type_of(cells: "Sequence[Any] | polars.Series", column: str) -> str:
    """Returns a kind, `"text"` or `"mixed"`: what the types of values tell."""
    dtype = dtype_of(cells)
    if dtype is not None:
        return _type_of_series(dtype, column)
    types = {type(cell) for cell in cells if not is_missing(cell)}
    if all(issubclass(found, _FLAGS) for found in types):
        return "category"
    if all(issubclass(found, _NUMBERS) and not issubclass(found, _FLAGS) for found in types):
        return "number"
    if all(issubclass(found, _DATES) for found in types):
        return "date"
    return "text" if all(issubclass(found, str) for found in types) else "mixed"


def _type_of_series(dtype: "polars.DataType", column: str) -> str:
    """Returns a kind or `"text"`: what the type of a series tells."""
    if dtype.is_numeric():
        return "number"
    if dtype in (polars.Date, polars.Datetime):
        return "date"
    if dtype in (polars.Boolean, polars.Null):
        return "category"
    if dtype in (polars.String, polars.Categorical, polars.Enum):
        return "text"
    raise InputError(
        f"Expected numbers, texts, booleans or dates in column {column!r}. Received: {dtype}. "
        "Convert it, or leave it out"
    )


def _kind_of(
    texts: Sequence[str | None],
    column: str,
    without_types: bool,
    where: Where,
    number_format: NumberFormat,
) -> tuple[str, tuple[str, ...]]:
    """Returns the kind of texts, and a note where most of them, but not all, are of another."""
    for kind, fits in (("number", number_format.fits), ("date", _is_date)):
        present, misfits, first = _tally(texts, fits)
        can_be = without_types or kind == "date"
        if present and not misfits and can_be:
            return kind, ()
        if 2 * misfits < present:
            but = f"{texts[first]!r} in {where(first)} is none" if misfits else "as text"
            fitting = f"{present - misfits} of {present} values are {kind}s"
            return "category", (f"{column!r} read as categories: {fitting}, but {but}",)
    return "category", ()


def _tally(texts: Sequence[str | None], fits: Callable[[str], bool]) -> tuple[int, int, int]:
    """Returns how many texts there are, how many do not fit, and where the first of those is."""
    present, misfits, first = 0, 0, 0
    for at, text in enumerate(texts):
        if text is not None:
            present += 1
            if not fits(text):
                first = first if misfits else at
                misfits += 1
    return present, misfits, first


def _is_date(text: Any) -> bool:
    if _DATE.fullmatch(text) is None:
        return False
    try:
        as_dates([text], "")
    except InputError:
        return False
    return True


def _parsed(
    texts: Sequence[str | None], column: str, where: Where, number_format: NumberFormat
) -> np.ndarray:
    """Returns the numbers that texts are, or the error for one that is none."""
    if isinstance(texts, InPieces):
        return mapped_array(
            (
                _parsed(piece, column, from_start(start, where), number_format)
                for start, piece in pieces_of(texts)
            ),
            "float64",
        )
    numbers: list[float | None] = []
    for position, text in enumerate(texts):
        try:
            # Python reads also 1_000, which others write for no number.
            plain = number_format.plain(text).replace("_", "no") if text else None
            numbers.append(None if plain is None else float(plain))
        except ValueError as error:
            raise InputError(
                f"Expected numbers in column {column!r}. Received: {text!r} in {where(position)}. "
                "Correct it, or leave it empty"
            ) from error
    return as_numbers(numbers, column, where)
