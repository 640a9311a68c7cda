"""Fields of a sparse table: what each value of a column is to a network, one code or several."""

import zlib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from kerastune.data import as_categories, as_numbers
from kerastune.data.in_pieces import pieces_of
from kerastune.preprocessing.number_columns import present_numbers

PADDING, MISSING, OTHER = 0, 1, 2
"""The codes that every field has: of no value beside others, a missing and an unknown one."""

_FIRST = OTHER + 1
_HASHED = "\0"


@dataclass(frozen=True)
class LookedUpField:
    """Categories that have a code each, those with too few training samples share one.

    Args:
        name: str, the column.
        categories: tuple of str, those with a code of their own; the first has 3.
        separator: str, what stands between several categories of a value; empty where a value
            is one.
        width: int, the most categories of a value in training. Defaults to 1.

    Example:

    >>> field = LookedUpField("genres", ("Crime", "Drama"), "|", width=2)
    >>> field(["Drama|Crime", "Drama", None, "Western"]).tolist()
    [[4, 3], [4, 0], [1, 0], [2, 0]]
    """

    kind: ClassVar[str] = "category"

    name: str
    categories: tuple[str, ...]
    separator: str = ""
    width: int = 1

    @classmethod
    def fit(cls, name: str, values: Any, separator: str, min_count: int) -> Self:
        """Learns the categories of the training samples.

        Args:
            name: str, the column.
            values: sequence of categories; None is missing.
            separator: str, what stands between several categories of a value, if any has it.
            min_count: int, the training samples that a category needs for a code of its own.
        """
        counts: Counter[str] = Counter()
        width, is_several = 1, False
        for _, piece in pieces_of(values):
            for value, times in Counter(as_categories(piece, name)).items():
                parts = _parts(value, separator)
                is_several |= len(parts) > 1
                width = max(width, len(parts))
                for part in parts:
                    counts[part] += times
        frequent = [found for found, count in counts.items() if count >= min_count]
        # By frequency, and those alike by name, so that every platform has the same order.
        ordered = sorted(frequent, key=lambda found: (-counts[found], found))
        return cls(name, tuple(ordered), separator if is_several else "", width)

    @property
    def size(self) -> int:
        """int, the number of codes."""
        return len(self.categories) + _FIRST

    @cached_property
    def codes(self) -> dict[str, int]:
        """Dictionary from each category to its code."""
        return {found: code for code, found in enumerate(self.categories, start=_FIRST)}

    def rows_of(self, others: "Field") -> np.ndarray:
        """Returns where the row of each code is in a table for the same field of other data.

        Args:
            others: the field as it was fitted to the other data.

        Returns:
            int array of shape `(size,)`, -1 for categories that the other data lack.
        """
        known = others.codes if isinstance(others, LookedUpField) else {}
        shared = [PADDING, MISSING, OTHER]
        return np.array(shared + [known.get(found, -1) for found in self.categories])

    def too_long(self, values: Any) -> int:
        """Returns how many values have more categories than any has in training.

        Args:
            values: sequence of categories.
        """
        if not self.separator:
            return 0
        return sum(
            len(_parts(value, self.separator)) > self.width
            for _, piece in pieces_of(values)
            for value in as_categories(piece, self.name)
        )

    def __call__(self, values: Any) -> np.ndarray:
        """Returns the codes of each value.

        Args:
            values: sequence of categories, or None.

        Returns:
            int32 array of shape `(values, width)`, 0 behind the last category of a value.

        Raises:
            InputError: if a value cannot be a category.
        """
        codes = self.codes
        texts = [text for _, piece in pieces_of(values) for text in as_categories(piece, self.name)]
        if not self.separator:
            found = (MISSING if text is None else codes.get(text, OTHER) for text in texts)
            return np.fromiter(found, "int32", len(texts))[:, None]
        # Of several categories there are few different lists.
        rows = {text: self._row(text) for text in set(texts)}
        return np.array([rows[text] for text in texts], "int32").reshape(len(texts), self.width)

    def _row(self, text: str | None) -> list[int]:
        parts = _parts(text, self.separator)[: self.width]
        found = [self.codes.get(part, OTHER) for part in parts] or [MISSING]
        return found + [PADDING] * (self.width - len(found))


class FieldOfFixedCodes:
    """What fields have in common whose codes do not depend on which values there are."""

    width: ClassVar[int] = 1

    @property
    def size(self) -> int:
        """int, the number of codes."""
        raise NotImplementedError

    def rows_of(self, others: "Field") -> np.ndarray:
        """Returns where the row of each code is in a table for the same field of other data.

        Args:
            others: the field of the other data, of as many buckets or of the same edges.

        Returns:
            int array of shape `(size,)`.
        """
        del others
        return np.arange(self.size)

    def too_long(self, values: Any) -> int:
        """Returns 0: no value is cut."""
        del values
        return 0


@dataclass(frozen=True)
class HashedField(FieldOfFixedCodes):
    """Categories that share codes by a hash, as many as are wanted, known or not.

    The hash is CRC-32 of the column's name and the category, the same on every platform.

    Args:
        name: str, the column.
        buckets: int, the number of codes of categories that are there.

    Example:

    >>> field = HashedField("C1", 100)
    >>> codes = field(["68fd1e64", "68fd1e64", None])
    >>> bool(codes[0] == codes[1]), codes[2].tolist(), field.size
    (True, [1], 103)
    """

    kind: ClassVar[str] = "category"

    name: str
    buckets: int

    @property
    def size(self) -> int:
        """int, the number of codes."""
        return self.buckets + _FIRST

    def __call__(self, values: Any) -> np.ndarray:
        """Returns the code of each value.

        Args:
            values: sequence of categories, or None.

        Returns:
            int32 array of shape `(values, 1)`.

        Raises:
            InputError: if a value cannot be a category.
        """
        texts = [text for _, piece in pieces_of(values) for text in as_categories(piece, self.name)]
        codes = {text: self._code(text) for text in set(texts)}
        return np.fromiter((codes[text] for text in texts), "int32", len(texts))[:, None]

    def _code(self, text: str | None) -> int:
        if text is None:
            return MISSING
        hashed = zlib.crc32(f"{self.name}{_HASHED}{text}".encode("utf-8", "surrogatepass"))
        return hashed % self.buckets + _FIRST


@dataclass(frozen=True)
class BucketedField(FieldOfFixedCodes):
    """Numbers as the bucket that they fall in, with as many training samples in each.

    The edges are quantiles, so that the logarithm of the numbers would give the same buckets.

    Args:
        name: str, the column.
        edges: tuple of float in ascending order, where one bucket ends and the next begins.

    Example:

    >>> field = BucketedField.fit("age", [20, 30, 40, float("nan")], buckets=2)
    >>> field.edges, field([25, 70, None]).tolist()
    ((30.0,), [[3], [4], [1]])
    """

    kind: ClassVar[str] = "number"

    name: str
    edges: tuple[float, ...]

    @classmethod
    def fit(cls, name: str, values: Any, buckets: int) -> Self:
        """Learns the edges from the training samples.

        Args:
            name: str, the column.
            values: sequence of numbers; None and NaN are missing.
            buckets: int, the most buckets; of few different numbers there are fewer.

        Raises:
            InputError: if no value is there.
        """
        present = present_numbers(values, name)
        inner = np.linspace(0, 1, buckets + 1)[1:-1]
        edges = np.unique(np.quantile(present, inner))
        return cls(name, tuple(edges[edges > present.min()].tolist()))

    @property
    def size(self) -> int:
        """int, the number of codes."""
        return len(self.edges) + 1 + _FIRST

    def __call__(self, values: Any) -> np.ndarray:
        """Returns the code of each number.

        Args:
            values: sequence of numbers, or None.

        Returns:
            int32 array of shape `(values, 1)`.

        Raises:
            InputError: if a value is no number.
        """
        numbers = as_numbers(values, self.name)
        codes = np.searchsorted(np.array(self.edges), numbers, side="right") + _FIRST
        return np.where(np.isnan(numbers), MISSING, codes).astype("int32")[:, None]


Field = LookedUpField | HashedField | BucketedField


def _parts(text: str | None, separator: str) -> list[str]:
    if text is None:
        return []
    return [part for part in text.split(separator) if part] if separator else [text]
