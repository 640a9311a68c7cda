"""Which backend is off: the one that the others, or float64, do not agree with."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from kerastune.comparison.judging.differences import largest_gap, scale_of, share
from kerastune.comparison.records import Record

_CLEARLY = 10.0
_EXACT = 1e-6  # In float64, a larger share of the largest number is no rounding.


def odd_one_out(values: Mapping[str, Sequence[np.ndarray]]) -> str | None:
    """The backend that is far from all others, which are near each other.

    Args:
        values: dictionary from each backend to its arrays.

    Returns:
        Its name, or None where there are fewer than three or it is not clear.

    Example:

    >>> one, other = [np.ones(2)], [np.ones(2) + 0.1]
    >>> odd_one_out({"tensorflow": one, "jax": other, "torch": one})
    'jax'
    """
    if len(values) < 3:
        return None
    gaps = {pair: _furthest(values[pair[0]], values[pair[1]]) for pair in combinations(values, 2)}
    for name in values:
        apart = min(gap for pair, gap in gaps.items() if name in pair)
        together = max(gap for pair, gap in gaps.items() if name not in pair)
        if apart > _CLEARLY * together:
            return name
    return None


def told(call: int, form: str, records: Sequence[Record], judges: Sequence[Record]) -> list[str]:
    """Who is off in a layer, in sentences.

    Args:
        call: int, the place of the layer's call.
        form: str, one of `kerastune.comparison.work.replaying.FORMS`.
        records: sequence of `Record`, one a backend.
        judges: sequence of `Record` of the same layers in float64.

    Returns:
        List of str; empty where it cannot be told.
    """
    lines = []
    values = {record.backend: record.of_layer(call, form) for record in records}
    if any(not found for found in values.values()):
        return []
    odd = odd_one_out(values)
    if odd is not None:
        others = [name for name in values if name != odd]
        gap = max(_furthest(values[a], values[b]) for a, b in combinations(others, 2))
        lines.append(
            f"{odd} is the one that is off: {' and '.join(others)} agree within {gap:.2g}."
        )
    exact = {record.backend: record.of_layer(call, form) for record in judges}
    exact = {name: found for name, found in exact.items() if found}
    if len(exact) < 2:
        return lines
    gap = max(_furthest(exact[a], exact[b]) for a, b in combinations(exact, 2))
    if gap > _EXACT:
        lines.append(
            f"In float64 they differ as well, by {gap:.2g}: they compute different things."
        )
        return lines
    far = {name: _furthest(exact[name], values[name]) for name in exact if name in values}
    shown = ", ".join(f"{name} {distance:.2g}" for name, distance in far.items())
    lines.append(f"In float64 they agree within {gap:.2g}: it is rounding. Away from it: {shown}.")
    return lines


def _furthest(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> float:
    """The largest difference of some arrays, as a share of the largest number of each."""
    pairs = zip(first, second, strict=True)
    return max((share(largest_gap(one, its), scale_of(one)) for one, its in pairs), default=0.0)
