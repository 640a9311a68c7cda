"""Sequence lengths chosen by the data."""

from collections.abc import Sequence

import numpy as np

LONGEST = 512
"""The most tokens that are chosen without being asked for, the most that BERT takes."""

SHORTEST = 3
"""The fewest tokens: a start token, one word piece, an end token."""

_MULTIPLE = 8


def length_for(
    token_counts: Sequence[int] | np.ndarray, percentile: float, shortest: int, longest: int | None
) -> int:
    """Returns the sequence length that holds most samples whole.

    Args:
        token_counts: sequence of int, the tokens of each training sample, special ones
            included.
        percentile: float from 0 to 100, the share of samples that are not cut.
        shortest: int, the least length.
        longest: int, the most tokens that the backbone takes, or None where it does not say.

    Returns:
        int, a multiple of 8 where that is within the bounds; at most `LONGEST`.

    Example:

    >>> length_for([7] * 95 + [30] * 5, percentile=95, shortest=3, longest=128)
    8
    >>> length_for([700], percentile=95, shortest=3, longest=128)
    128
    """
    if len(token_counts):
        needed = float(np.percentile(token_counts, percentile, method="inverted_cdf"))
    else:
        needed = 0.0
    rounded = -(-max(int(needed), shortest) // _MULTIPLE) * _MULTIPLE
    return min(rounded, LONGEST if longest is None else min(longest, LONGEST))
