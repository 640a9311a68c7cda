"""A few lengths to which samples are padded, so that little is padded and little compiled."""

from collections.abc import Sequence

import numpy as np

_MULTIPLE = 8
# A further length is another program to compile: it has to save this share of all positions.
_WORTH = 0.05


def bucket_lengths(
    lengths: Sequence[int] | np.ndarray, longest: int, most: int = 4
) -> tuple[int, ...]:
    """Returns the lengths to pad samples to, so that few positions are padding.

    Args:
        lengths: sequence of int, the length of each sample; those above `longest` are cut.
        longest: int, the last of the lengths.
        most: int, how many there may be. Defaults to 4.

    Returns:
        Tuple of int in rising order, multiples of 8 but for `longest`: as many as each save 5 %
        of the positions, and of those the ones with the least padding.

    Example:

    >>> bucket_lengths([5] * 90 + [40] * 10, longest=48)
    (8, 40, 48)
    >>> bucket_lengths([40] * 100, longest=40)
    (40,)
    """
    counts = np.minimum(np.asarray(lengths, "int64"), longest)
    candidates = [*range(_MULTIPLE, longest, _MULTIPLE), longest]
    # How many samples fit into each candidate and not into the one before.
    places = np.searchsorted(candidates, counts)
    samples = np.bincount(places, minlength=len(candidates))
    before = np.concatenate([[0], np.cumsum(samples)])
    chosen: tuple[int, ...] = (longest,)
    cost = longest * int(before[-1])
    for number in range(2, most + 1):
        found = _best(candidates, before, number)
        if found is None or found[1] >= (1 - _WORTH) * cost:
            break
        chosen, cost = found
    return chosen


def bucket_for(length: int, buckets: Sequence[int]) -> int:
    """Returns the smallest of some lengths that a sample fits into.

    Args:
        length: int.
        buckets: sequence of int in rising order; with none, any length will do.

    Returns:
        An int; the last one if none is enough, and the length itself if there are none.

    Example:

    >>> bucket_for(9, (8, 16, 48)), bucket_for(50, (8, 16, 48)), bucket_for(9, ())
    (16, 48, 9)
    """
    last = buckets[-1] if buckets else length
    return next((bucket for bucket in buckets if length <= bucket), last)


def _best(
    candidates: Sequence[int], before: np.ndarray, number: int
) -> tuple[tuple[int, ...], int] | None:
    """The lengths of a given number, the last among them, with the fewest positions."""
    # By how many candidates are covered: the lengths so far, and the positions that they take.
    covered: dict[int, tuple[tuple[int, ...], int]] = {0: ((), 0)}
    for _ in range(number):
        further: dict[int, tuple[tuple[int, ...], int]] = {}
        for end, length in enumerate(candidates, start=1):
            options = [
                ((*lengths, length), cost + length * int(before[end] - before[start]))
                for start, (lengths, cost) in covered.items()
                if start < end
            ]
            if options:
                further[end] = min(options, key=lambda option: option[1])
        covered = further
    return covered.get(len(candidates))
