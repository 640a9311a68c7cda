"""The one idea of data: samples that can be counted and fetched by position."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kerastune.errors import InputError


@dataclass(frozen=True)
class Source:
    """Samples that can be counted and fetched by position.

    Args:
        features: a sequence of inputs, such as a list of sentences or an array of
            shape `(samples, ...)`. It may read its items lazily.
        labels: array of shape `(samples,)` or `(samples, targets)`. Integers that
            are positions in `class_names`, or numbers when `class_names` is None.
        class_names: tuple of str, or None when the labels are quantities.
        name: str, what the samples are, for reports.
        notes: tuple of str, what cleaning did to the samples, one line each.

    Example:

    >>> source = Source(["good", "bad", "fine"], np.array([1, 0, 1]), ("no", "yes"))
    >>> len(source), source[1]
    (3, ('bad', np.int64(0)))
    >>> source.select([2]).features
    ['fine']
    """

    features: Any
    labels: np.ndarray
    class_names: tuple[str, ...] | None = None
    name: str = "data"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.features) != len(self.labels):
            raise ValueError(
                "Expected one label for each sample. "
                f"Received: {len(self.features)} samples and {len(self.labels)} labels"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, position: int) -> tuple[Any, Any]:
        return self.features[position], self.labels[position]

    @property
    def classes(self) -> tuple[str, ...]:
        """tuple of str, the class names, for a task that needs classes.

        Raises:
            InputError: if the labels are quantities.
        """
        if self.class_names is None:
            raise InputError(
                f"Expected labels that are classes. Received: {self.name}, whose labels are "
                "quantities. Choose a recipe for regression"
            )
        return self.class_names

    @property
    def quantities(self) -> np.ndarray:
        """float64 array of shape `(samples, targets)`, for a task that needs quantities.

        Raises:
            InputError: if the labels are classes.
        """
        if self.class_names is not None:
            raise InputError(
                f"Expected labels that are quantities. Received: {self.name}, whose labels are "
                "classes. Choose a recipe for classification"
            )
        return np.asarray(self.labels, "float64").reshape(len(self), -1)

    @property
    def texts(self) -> Sequence[str]:
        """Sequence of str, the features, for a task that needs texts.

        Raises:
            InputError: if the first feature is not a str.
        """
        if not len(self) or not isinstance(self.features[0], str):
            raise self._unexpected("texts", "Choose a recipe for arrays of numbers")
        return self.features

    @property
    def images(self) -> Any:
        """Sequence or array of images of shape `(height, width, channels)`, the features.

        Raises:
            InputError: if the first feature is not an array of 3 dimensions, or an array of
                images has values that cannot be from 0 to 255.
        """
        if not len(self) or len(getattr(self.features[0], "shape", ())) != 3:
            raise self._unexpected(
                "images of shape (height, width, channels)",
                "Give each image these dimensions, or choose another recipe",
            )
        if isinstance(self.features, np.ndarray) and self.features.size:
            lowest, highest = float(self.features.min()), float(self.features.max())
            if not 0 <= lowest <= highest <= 255 or 0 < highest <= 1:
                raise InputError(
                    "Expected images with values from 0 to 255. Received: "
                    f"{self.name}, whose values are from {lowest:g} to {highest:g}. "
                    "Multiply them by 255 if 1 is white"
                )
        return self.features

    @property
    def rows(self) -> np.ndarray:
        """float64 array of shape `(samples, columns)`, for a task that needs numbers in rows.

        Raises:
            InputError: if the features are not an array of numbers of 2 dimensions.
        """
        rows = self.features
        if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.dtype.kind not in "iufb":
            raise self._unexpected(
                "rows of numbers, in one array of shape (samples, columns)",
                "Give each sample the same columns, or choose another recipe",
            )
        return rows.astype("float64")

    def select(self, positions: Sequence[int] | np.ndarray) -> "Source":
        """The samples at some positions, in the order given.

        Args:
            positions: sequence of int.

        Returns:
            A `Source` with the same classes.
        """
        chosen = np.asarray(positions, dtype=int)
        features: Any
        if isinstance(self.features, np.ndarray):
            features = self.features[chosen]
        elif isinstance(self.features, list):
            features = [self.features[position] for position in chosen]
        else:
            features = _Selection(self.features, chosen)
        return replace(self, features=features, labels=self.labels[chosen])

    def _unexpected(self, expected: str, advice: str) -> InputError:
        """The error for features that are not what a task needs."""
        first = self.features[0] if len(self) else None
        if first is None:
            received = "which has no samples"
        elif isinstance(first, str):
            received = "whose features are texts"
        elif shape := getattr(first, "shape", ()):
            received = f"whose features are arrays of shape {shape}"
        else:
            received = f"whose features are of type {type(first).__name__}"
        return InputError(
            f"Expected features that are {expected}. Received: {self.name}, {received}. {advice}"
        )


class _Selection(Sequence):
    """Some positions of a lazily read sequence."""

    def __init__(self, items: Sequence[Any], positions: np.ndarray) -> None:
        self._items = items
        self._positions = positions

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, position: Any) -> Any:
        return self._items[int(self._positions[position])]
