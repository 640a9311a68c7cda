"""A column of dates as a network takes it: days, and the cycles of the calendar."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from kerastune.data import CALENDAR, as_dates, calendar, days
from kerastune.preprocessing.number_columns import NumberColumn


@dataclass(frozen=True)
class DateColumn:
    """Range of a column of dates of the training samples.

    Args:
        name: str, the column.
        days: `NumberColumn` for the days since the median date of the training samples.
        cycles: tuple of str out of `kerastune.data.CALENDAR`, those in which the training
            samples vary.
    """

    name: str
    days: NumberColumn
    cycles: tuple[str, ...]

    @classmethod
    def fit(cls, name: str, values: Any) -> Self:
        """Learns the median, the spread and the cycles from the training samples.

        Args:
            name: str, the column.
            values: sequence of dates; None is missing.

        Raises:
            InputError: if no date is there.
        """
        dates = as_dates(values, name)
        numbers = days(dates)
        spread = NumberColumn.fit(name, numbers, "standard")
        found = NumberColumn(name, float(np.nanmedian(numbers)), spread.scale, spread.marks_missing)
        places = calendar(dates)
        cycles = tuple(cycle for cycle in CALENDAR if np.nanstd(places[cycle]) > 0)
        return cls(name, found, cycles)

    @property
    def marks_missing(self) -> bool:
        """bool, whether a number tells which dates are missing."""
        return self.days.marks_missing

    @property
    def width(self) -> int:
        """int, how many numbers stand for one date."""
        return self.days.width + 2 * len(self.cycles)

    def __call__(self, values: Any) -> np.ndarray:
        """Returns days from the median in standard deviations, then sine and cosine of each cycle.

        A missing date has 0 everywhere, which no place in a cycle has.

        Args:
            values: sequence of dates, or None.

        Returns:
            float64 array of shape `(values, width)`.

        Raises:
            InputError: if a value is no date.
        """
        dates = as_dates(values, self.name)
        places = calendar(dates)
        parts = [self.days(days(dates))]
        for cycle in self.cycles:
            angles = 2 * np.pi * places[cycle] / CALENDAR[cycle]
            parts.append(np.nan_to_num(np.stack([np.sin(angles), np.cos(angles)], axis=1)))
        return np.concatenate(parts, axis=1)
