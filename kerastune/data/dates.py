"""Dates as numbers: days, and where in the year, the week and the day."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from kerastune.data.in_pieces import pieces_of

CALENDAR = {"month": 12, "weekday": 7, "hour": 24}
"""The cycles of a calendar, and how many units each has."""

_DAY = 86_400_000_000  # microseconds


def days(dates: Sequence[datetime | None]) -> np.ndarray:
    """Returns days since the start of 1970, with fractions.

    Args:
        dates: sequence of datetimes without time zone, None where missing.

    Returns:
        float64 array of shape `(dates,)`, NaN where missing.

    Example:

    >>> days([datetime(1970, 1, 2, 12), None]).tolist()
    [1.5, nan]
    """
    stamps = _stamps(dates)
    return _with_nan(stamps.astype("int64") / _DAY, stamps)


def calendar(dates: Sequence[datetime | None]) -> dict[str, np.ndarray]:
    """Returns the positions of dates in the cycles of the calendar.

    Args:
        dates: sequence of datetimes without time zone, None where missing.

    Returns:
        Dictionary from each key of `CALENDAR` to a float64 array of shape `(dates,)`, NaN
        where missing: `month` from 0 for January, `weekday` from 0 for Monday, and `hour`
        from 0 to 24 with fractions.

    Example:

    >>> {name: values.tolist() for name, values in calendar([datetime(2024, 2, 29, 6, 30)]).items()}
    {'month': [1.0], 'weekday': [3.0], 'hour': [6.5]}
    """
    stamps = _stamps(dates)
    microseconds = stamps.astype("int64")
    cycles = {
        "month": stamps.astype("datetime64[M]").astype("int64") % 12,
        # The first of January 1970 was a Thursday.
        "weekday": (microseconds // _DAY + 3) % 7,
        "hour": microseconds % _DAY / (_DAY // 24),
    }
    return {name: _with_nan(values, stamps) for name, values in cycles.items()}


def _stamps(dates: Sequence[datetime | None]) -> np.ndarray:
    parts = [np.array(list(piece), "datetime64[us]") for _, piece in pieces_of(dates)]
    return np.concatenate([np.empty(0, "datetime64[us]"), *parts])


def _with_nan(values: np.ndarray, stamps: np.ndarray) -> np.ndarray:
    """Returns values as floats, NaN where a date is missing."""
    return np.where(np.isnat(stamps), np.nan, values)
