"""A column of numbers as a network takes it: scaled, and missing values marked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from kerastune.data import as_numbers
from kerastune.errors import InputError
from kerastune.lazy_polars import polars

_LARGEST = float(np.finfo("float32").max)


def present_numbers(values: Any, name: str) -> np.ndarray:
    """Returns the numbers of a column of the training samples, without those that are missing.

    Args:
        values: sequence of numbers; None and NaN are missing.
        name: str, the column, for the message.

    Raises:
        InputError: if no value is there.
    """
    numbers = as_numbers(values, name)
    present = numbers[~np.isnan(numbers)]
    if not len(present):
        raise InputError(
            f"Expected numbers in column {name!r} of the training samples. Received: "
            f"{len(numbers)} missing values. Leave the column out"
        )
    return present


@dataclass(frozen=True)
class NumberColumn:
    """Statistics of a column of numbers of the training samples.

    Args:
        name: str, the column.
        center: float, what becomes 0.
        scale: float above 0, the distance that becomes 1.
        marks_missing: bool, whether a second number tells which values are missing.
        scaling: str, a key of `SCALINGS`.
    """

    name: str
    center: float
    scale: float
    marks_missing: bool
    scaling: str = "standard"

    @classmethod
    def fit(cls, name: str, values: Any, scaling: str) -> Self:
        """Learns the center and the scale from the training samples.

        Args:
            name: str, the column.
            values: sequence of numbers; None and NaN are missing.
            scaling: str, a key of `SCALINGS`.

        Raises:
            InputError: if no value is there.
        """
        present = present_numbers(values, name)
        # Divided first, so that squares of huge numbers stay finite.
        largest = max(float(np.abs(present).max()), np.finfo("float64").tiny)
        center, scale = SCALINGS[scaling](polars.Series(present / largest))
        # A column that does not vary in the training samples keeps its unit.
        return cls(
            name, center * largest, scale * largest or 1.0, len(present) < len(values), scaling
        )

    @property
    def width(self) -> int:
        """int, how many numbers stand for one value."""
        return 1 + self.marks_missing

    def __call__(self, values: Any) -> np.ndarray:
        """Returns numbers scaled; 0 for missing ones, and 1 behind it where these are marked.

        Args:
            values: sequence of numbers, None or NaN.

        Returns:
            float64 array of shape `(values, width)`.

        Raises:
            InputError: if a value is no number, infinite, or too far from those of training
                for a float32.
        """
        numbers = as_numbers(values, self.name)
        missing = np.isnan(numbers)
        with np.errstate(over="ignore"):
            scaled = np.where(missing, 0.0, (numbers - self.center) / self.scale)
        far = np.flatnonzero(np.abs(scaled) > _LARGEST)
        if len(far):
            raise InputError(
                f"Expected numbers near {self.center:g} in column {self.name!r}, as in the "
                f"training samples. Received: {numbers[far[0]]:g} in row {far[0] + 1}"
            )
        if self.scaling == "robust":
            scaled = scaled / np.sqrt(1 + np.square(scaled / 3))
        return np.stack([scaled, missing], axis=1) if self.marks_missing else scaled[:, None]


def _standard(values: "polars.Series") -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=0))  # type: ignore[arg-type]


def _robust(values: "polars.Series") -> tuple[float, float]:
    """Returns the median and the distance of the quartiles, or else half of the range."""
    low, middle, high = (values.quantile(q, "linear") for q in (0.25, 0.5, 0.75))
    scale = (high - low) or (values.max() - values.min()) / 2  # type: ignore[operator]
    return float(middle), float(scale)  # type: ignore[arg-type]


SCALINGS: "dict[str, Callable[[polars.Series], tuple[float, float]]]" = {
    "standard": _standard,
    "robust": _robust,
}
"""How numbers are scaled, by name.

`standard` gives the training samples the mean 0 and the standard deviation 1. `robust`, for
columns with a few numbers much larger than the others, gives them the median 0 and the
distance 1 between the quartiles, and pulls what is far out smoothly into the range from -3 to
3: `x / sqrt(1 + (x / 3)²)`. Holzmüller et al., 2024, "Better by Default: Strong Pre-Tuned MLPs
and Boosted Trees on Tabular Data", https://arxiv.org/abs/2407.04491
"""
