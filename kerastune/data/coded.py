"""Values of which few are different, as numbers."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerastune.data.cells import is_missing
from kerastune.data.in_pieces import as_list, pieces_of

MISSING = -1
"""The code of a value that is missing."""


class Coded(Sequence):
    """Values as positions in a list of the different ones.

    Args:
        codes: int array of shape `(values,)`, -1 for those that are missing.
        values: list of the different values, in the order in which they come first.
        first: list of int, where each comes first.

    Example:

    >>> labels = coded(["b", "a", None, "b"])
    >>> labels.codes.tolist(), labels.values, labels[2]
    ([0, 1, -1, 0], ['b', 'a'], None)
    """

    def __init__(self, codes: np.ndarray, values: list[Any], first: list[int]) -> None:
        self.codes = codes
        self.values = values
        self.first = first

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, position: Any) -> Any:
        code = int(self.codes[position])
        return None if code == MISSING else self.values[code]

    def rows(self, positions: np.ndarray) -> "Coded":
        """Returns the values at some positions, of which each is there at least once.

        Args:
            positions: int array.
        """
        return _renumbered(self.codes[positions], self.values)

    def converted(self, function: Callable[[Any, int], Any]) -> "Coded":
        """Returns other values in the place of these.

        Args:
            function: function from a value and where it comes first to another, or to None
                where that is missing. It is called once for each different value, in the order
                in which they come.
        """
        values = [function(*one) for one in zip(self.values, self.first, strict=True)]
        merged = coded(values)
        numbers = np.append(merged.codes, MISSING)
        first = [self.first[at] for at in merged.first]
        return Coded(numbers[self.codes], merged.values, first)


def coded(values: Any) -> Coded:
    """Returns values as numbers; None, NaN and their like are missing.

    Args:
        values: sequence, series or `InPieces`; `Coded` ones are returned as they are.

    Example:

    >>> coded([1, True, float("nan"), 1]).values
    [1, True]
    """
    if isinstance(values, Coded):
        return values
    codes = np.empty(len(values), "int64")
    known: dict[Any, int] = {}
    found: list[Any] = []
    first: list[int] = []
    for start, piece in pieces_of(values):
        for at, value in enumerate(as_list(piece), start):
            # 1, 1.0 and True are equal.
            key = (value.__class__, value)
            try:
                code = known.get(key)
            except TypeError:
                code, key = None, (None, len(found))  # A list, which has no hash.
            if code is None and not is_missing(value):
                code = known[key] = len(found)
                found.append(value)
                first.append(at)
            codes[at] = MISSING if code is None else code
    return Coded(codes, found, first)


def _renumbered(codes: np.ndarray, values: list[Any]) -> Coded:
    """Returns codes of values some of which may be gone, in the order in which they come."""
    found, first = np.unique(codes, return_index=True)
    present = found != MISSING
    order = np.argsort(first[present])
    kept, places = found[present][order], first[present][order]
    numbers = np.full(len(values) + 1, MISSING)
    numbers[kept] = np.arange(len(kept))
    return Coded(numbers[codes], [values[code] for code in kept], places.tolist())
