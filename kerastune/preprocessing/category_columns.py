"""A column of categories as a network takes it: a code for each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from kerastune.data import as_categories
from kerastune.data.in_pieces import pieces_of

MISSING_CODE = 0
"""The code of a missing category."""

OTHER_CODE = 1
"""The code of categories that are rare in the training samples or absent from them."""


@dataclass(frozen=True)
class CategoryColumn:
    """Categories of a column of the training samples.

    Args:
        name: str, the column.
        categories: tuple of str, those with a code of their own: the first has 2.
        rare: tuple of str, those of them with too few training samples, which are coded as
            other ones are.
        marks_missing: bool, whether the training samples had missing values, so that their
            code was trained. Defaults to False.
    """

    name: str
    categories: tuple[str, ...]
    rare: tuple[str, ...] = ()
    marks_missing: bool = False

    @classmethod
    def fit(
        cls, name: str, values: Any, known: Sequence[str] | None, min_category_count: int
    ) -> Self:
        """Learns the categories from the training samples.

        Args:
            name: str, the column.
            values: sequence of categories; None is missing.
            known: sequence of str, the categories that the description of the column knows:
                each has a place, whatever the training samples hold. None if there are none.
            min_category_count: int, the training samples that a category needs for a code of
                its own.
        """
        counted: Counter[str | None] = Counter()
        for _, piece in pieces_of(values):
            counted.update(as_categories(piece, name))
        counts = {found: count for found, count in counted.items() if found is not None}
        frequent = {found for found, count in counts.items() if count >= min_category_count}
        # By frequency, and those alike by name, so that every platform has the same order.
        ordered = sorted(frequent, key=lambda found: (-counts[found], found))
        categories = tuple(ordered if known is None else known)
        rare = tuple(found for found in categories if found not in frequent)
        return cls(name, categories, rare, counted[None] > 0)

    @property
    def size(self) -> int:
        """int, the number of codes."""
        return len(self.categories) + 2

    @cached_property
    def _codes(self) -> dict[str | None, int]:
        """The code of each category that has one of its own, and of a missing one."""
        codes: dict[str | None, int] = {
            found: code for code, found in enumerate(self.categories, start=OTHER_CODE + 1)
        }
        return {**codes, **dict.fromkeys(self.rare, OTHER_CODE), None: MISSING_CODE}

    def __call__(self, values: Any) -> np.ndarray:
        """Returns the code of each category.

        Args:
            values: sequence of categories, or None.

        Returns:
            int32 array of shape `(values,)`.

        Raises:
            InputError: if a value cannot be a category.
        """
        codes = self._codes
        found = (
            codes.get(value, OTHER_CODE)
            for _, piece in pieces_of(values)
            for value in as_categories(piece, self.name)
        )
        return np.fromiter(found, "int32")
