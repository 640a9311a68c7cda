"""Values of tables in one form: numbers, categories and dates, however they came."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from reprlib import repr as shortened
from typing import Any

import numpy as np

from kerastune.data.in_pieces import InPieces, as_list, pieces_of
from kerastune.data.mapped import MappedDates, mapped_array, mapped_texts
from kerastune.errors import InputError
from kerastune.lazy_polars import polars

Where = Callable[[int], str]
"""A function from a position to a str that tells a person where it is."""

# What pandas has in the place of a missing value, told by name so as not to need pandas.
_MISSING_TYPES = ("NAType", "NaTType")


def row_number(position: int) -> str:
    """Returns the row of a value, counted from 1: `"row 3"`.

    Args:
        position: int, counted from 0.

    Example:

    >>> row_number(2)
    'row 3'
    """
    return f"row {position + 1}"


def as_numbers(values: Any, column: str, where: Where = row_number) -> np.ndarray:
    """Returns numbers as an array, with NaN for missing ones.

    Args:
        values: sequence or series of numbers or booleans; None and NaN are missing.
        column: str, the column, for messages.
        where: function that tells where a position is.

    Returns:
        float64 array of shape `(values,)`.

    Raises:
        InputError: if a value is no number, or infinite.

    Example:

    >>> as_numbers([1, None, 2.5], "age").tolist()
    [1.0, nan, 2.5]
    """
    if isinstance(values, InPieces):
        return mapped_array(
            (
                as_numbers(piece, column, from_start(start, where))
                for start, piece in pieces_of(values)
            ),
            "float64",
        )
    if isinstance(values, polars.Series) and (values.dtype.is_numeric() or _is_flag(values)):
        numbers = values.cast(polars.Float64).to_numpy()
    elif isinstance(values, np.ndarray) and values.dtype.kind in "iufb" and values.ndim == 1:
        numbers = values.astype("float64")
    else:
        each = (_number(value, column, where, at) for at, value in enumerate(as_list(values)))
        numbers = np.fromiter(each, "float64")
    infinite = np.flatnonzero(np.isinf(numbers))
    if len(infinite):
        raise InputError(
            f"Expected finite numbers in column {column!r}. Received: "
            f"{numbers[infinite[0]]} in {where(int(infinite[0]))}. Correct it, or leave it empty"
        )
    return numbers


def as_categories(values: Any, column: str, where: Where = row_number) -> Sequence[str | None]:
    """Returns categories as text, with None for missing ones.

    Whole numbers are written without a fraction, booleans as `true` and `false`, dates as
    ISO 8601. Blanks around a text do not count, and a blank text is missing.

    Args:
        values: sequence or series of texts, numbers, booleans or dates.
        column: str, the column, for messages.
        where: function that tells where a position is.

    Returns:
        List of str or None; of values that are read in pieces, `MappedTexts`.

    Raises:
        InputError: if a value is of another type.

    Example:

    >>> as_categories(["red ", "", None, 5.0, True], "colour")
    ['red', None, None, '5', 'true']
    """
    if isinstance(values, InPieces):
        return mapped_texts(
            as_categories(piece, column, from_start(start, where))
            for start, piece in pieces_of(values)
        )
    return [_category(value, column, where, at) for at, value in enumerate(as_list(values))]


def as_dates(values: Any, column: str, where: Where = row_number) -> Sequence[datetime | None]:
    """Returns dates as datetimes without a time zone (in UTC, if they had one), or None.

    Args:
        values: sequence or series of datetimes, dates, or texts in the form of ISO 8601.
        column: str, the column, for messages.
        where: function that tells where a position is.

    Returns:
        List of datetime or None; of values that are read in pieces, `MappedDates`.

    Raises:
        InputError: if a value is no date.

    Example:

    >>> as_dates(["2024-02-29", "2024-02-29T12:00+02:00", None], "bought")
    [datetime.datetime(2024, 2, 29, 0, 0), datetime.datetime(2024, 2, 29, 10, 0), None]
    """
    if isinstance(values, InPieces):
        dates = (
            np.array(as_dates(piece, column, from_start(start, where)), "datetime64[us]")
            for start, piece in pieces_of(values)
        )
        return MappedDates(mapped_array(dates, "datetime64[us]"))
    return [_date(value, column, where, at) for at, value in enumerate(as_list(values))]


def is_missing(value: Any) -> bool:
    """Returns whether a value is None, NaN, or a missing value of pandas or NumPy.

    Args:
        value: anything.

    Example:

    >>> [is_missing(value) for value in (None, float("nan"), 0, "")]
    [True, True, False, False]
    """
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    if isinstance(value, np.datetime64):
        return bool(np.isnat(value))
    return isinstance(value, float | np.floating | Decimal) and value != value


def from_start(start: int, where: Where) -> Where:
    """Returns the function that tells where a position in a piece of a column is.

    Args:
        start: int, where the piece starts.
        where: function that tells where a position in the column is.

    Example:

    >>> from_start(10, row_number)(2)
    'row 13'
    """
    return lambda position: where(start + position)


def count_missing(values: Any) -> int:
    """Returns how many values of a column are missing.

    Args:
        values: sequence.

    Example:

    >>> count_missing(np.array([1.0, np.nan])), count_missing(["red", None, None])
    (1, 2)
    """
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        return int(np.isnan(values).sum())
    return sum(map(is_missing, values))


def _is_flag(series: "polars.Series") -> bool:
    return series.dtype == polars.Boolean


def _number(value: Any, column: str, where: Where, position: int) -> float:
    if is_missing(value):
        return float("nan")
    if isinstance(value, bool | int | float | Decimal | np.number | np.bool_):
        try:
            return float(value)
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")
    raise _unfit("a number or None", column, value, where(position))


def _category(value: Any, column: str, where: Where, position: int) -> str | None:
    if is_missing(value):
        return None
    if isinstance(value, str):
        return str(value).strip() or None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating | Decimal):
        number = float(value)
        return str(int(number)) if number.is_integer() else repr(number)
    if isinstance(value, date):
        return value.isoformat()
    raise _unfit("text, a number, true, false, a date or None", column, value, where(position))


def _date(value: Any, column: str, where: Where, position: int) -> datetime | None:
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return _naive(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise _unfit("a date such as 2024-02-29 or None", column, value, where(position)) from error


def _naive(value: Any) -> datetime:
    """Returns a datetime without a time zone, in UTC if it had one."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value.strip())
    elif isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    if isinstance(value, datetime):
        # Also of a subclass, such as the timestamps of pandas.
        value = datetime.combine(value.date(), value.timetz())
    elif isinstance(value, date):
        value = datetime.combine(value, time())
    else:
        raise TypeError(f"{type(value).__name__} is no date")
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


def _unfit(expected: str, column: str, value: Any, where: str) -> InputError:
    return InputError(
        f"Expected {expected} in column {column!r}. Received: {shortened(value)} in {where}"
    )
