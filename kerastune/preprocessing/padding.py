"""Rows of ids as an array."""

from collections.abc import Iterable, Sequence

import numpy as np


def padded(
    rows: Iterable[Sequence[int] | np.ndarray], count: int, length: int, padding: int
) -> np.ndarray:
    """Returns rows of ids as an array, padded behind their ends.

    Args:
        rows: iterable of sequences or arrays of int, none longer than `length`.
        count: int, how many rows there are.
        length: int, the positions of a row of the array.
        padding: int, the id behind the last of a row.

    Returns:
        int32 array of shape `(count, length)`.

    Example:

    >>> padded([[5, 6], [7]], 2, 3, padding=0).tolist()
    [[5, 6, 0], [7, 0, 0]]
    """
    found = np.full((count, length), padding, "int32")
    for place, row in zip(found, rows, strict=True):
        place[: len(row)] = row
    return found
