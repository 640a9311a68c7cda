"""Whether backends begin alike: the same layers, the same data, weights of the same kind."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from kerastune.comparison.judging.differences import (
    Difference,
    largest_gap,
    scale_of,
    share,
)
from kerastune.comparison.judging.tolerances import Tolerances
from kerastune.comparison.records import Record, leaves

# A mean or a spread of random weights that is further off has another distribution.
_DEVIATIONS = 6.0
# Above it, two arrays are the same numbers with an error in them, and no two draws.
_SAME_NUMBERS = 0.9
_FEW = 8
_LONGEST = 60


def structure(reference: Record, other: Record) -> Iterator[Difference]:
    """The layers that are of another class, and random layers that are set otherwise.

    Args:
        reference: `Record` of the reference.
        other: that of another backend.

    Yields:
        The first `Difference`, if there is one.
    """
    ours, theirs = reference.result["parts"], other.result["parts"]
    for one, its in zip(ours, theirs, strict=True):
        if its is not None and one["class"] != its["class"]:
            note = f"{its['class']} in the place of {one['class']}"
            yield _off("structure", one["name"], other.backend, note)
            return
    lists = reference.result["switched_off"], other.result["switched_off"]
    # Names that Keras gives are counted up; what a layer does is behind them.
    kinds = [Counter(one.partition(" ")[2] for one in found) for found in lists]
    if kinds[0] != kinds[1]:
        told = [sorted((one - its).elements()) for one, its in (kinds, reversed(kinds))]
        gone = [one for one in lists[0] + lists[1] if one.partition(" ")[2] in told[0] + told[1]]
        ours, theirs = (", ".join(one) or "none" for one in told)
        note = f"random layers, which are switched off to compare: {theirs} in the place of {ours}"
        yield _off("structure", gone[0].partition(" ")[0], other.backend, note)


def data(reference: Record, other: Record, tolerances: Tolerances) -> Iterator[Difference]:
    """The first batch that another backend makes otherwise.

    Args:
        reference: `Record` of the reference.
        other: that of another backend.
        tolerances: `Tolerances`.

    Yields:
        The first `Difference`, if there is one.
    """
    names = ("inputs", "targets", "sample weights")
    ours, theirs = reference.batches(), other.batches()
    for number, (one, its) in enumerate(zip(ours, theirs, strict=False), start=1):
        for name, first, second in zip(names, one, its, strict=True):
            pairs = leaves(first), leaves(second)
            told = f"{name} of batch {number}"
            if len(pairs[0]) != len(pairs[1]):
                yield _off("data", told, other.backend, "another number of arrays")
                return
            for left, right in zip(*pairs, strict=True):
                gap = largest_gap(left, right)
                scale = scale_of(left) if left.dtype.kind not in "US" else 1.0
                if gap > tolerances.forward * scale:
                    relative = share(gap, scale)
                    yield Difference(
                        "data", told, other.backend, gap, relative, tolerances.forward, "off"
                    )
                    return
    if len(ours) != len(theirs):
        yield _off("data", "batches", other.backend, f"{len(theirs)} in the place of {len(ours)}")


def start(reference: Record, other: Record) -> Iterator[Difference]:
    """Initial weights that differ though they are not drawn, or are drawn otherwise.

    Args:
        reference: `Record` of the reference.
        other: that of another backend.

    Yields:
        A `Difference` for each such weight.
    """
    ours, theirs = reference.arrays("weights"), other.arrays("weights")
    for place, name in enumerate(reference.result["variables"]):
        one, its = ours[str(place)], theirs[str(place)]
        note = _unlike(one, its)
        if note:
            gap = largest_gap(one, its)
            yield Difference(
                "start", name, other.backend, gap, share(gap, scale_of(one)), 1e-6, "off",
                note=note, place=place,
            )  # fmt: skip


def configurations(reference: Record, other: Record) -> dict[int, str]:
    """What differs between the settings of layers, by their place.

    Args:
        reference: `Record` of the reference.
        other: that of another backend.

    Returns:
        Dictionary from the place of a layer to a text such as `epsilon=0.001, on jax 1e-05`.
    """
    found = {}
    pairs = zip(reference.result["parts"], other.result["parts"], strict=True)
    for place, (one, its) in enumerate(pairs):
        if its is None:
            continue
        first, second = _settings(one), _settings(its)
        told = [
            f"{key}={_short(first.get(key))}, on {other.backend} {_short(second.get(key))}"
            for key in dict.fromkeys([*first, *second])
            if first.get(key) != second.get(key)
        ]
        if told:
            found[place] = "; ".join(told)
    return found


def _settings(part: dict[str, Any]) -> dict[str, Any]:
    """The settings of a layer, without its name and without those of layers in it."""
    config = (part.get("config") or {}).get("config") or {}
    nested = ("layers", "input_layers", "output_layers")
    return {key: value for key, value in config.items() if key not in ("name", "seed", *nested)}


def _short(value: Any) -> str:
    """A setting in a few letters."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _unlike(one: np.ndarray, its: np.ndarray) -> str:
    """Why two initial values cannot be two draws of the same; nothing where they can."""
    first, second = (np.asarray(value, "float64").reshape(-1) for value in (one, its))
    if largest_gap(first, second) <= 1e-6 * max(scale_of(first), 1e-30):
        return ""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return "it is not drawn at random"
    if first.size < _FEW:
        return ""
    if np.corrcoef(first, second)[0, 1] > _SAME_NUMBERS:
        return "nearly the same numbers"
    spread = first.std(), second.std()
    count = first.size
    if abs(np.log(spread[1] / spread[0])) > _DEVIATIONS * np.sqrt(1 / count):
        return f"its spread is {spread[1]:.3g} in the place of {spread[0]:.3g}"
    if abs(first.mean() - second.mean()) > _DEVIATIONS * spread[0] * np.sqrt(2 / count):
        return f"its mean is {second.mean():.3g} in the place of {first.mean():.3g}"
    return ""


def _off(stage: str, name: str, backend: str, note: str) -> Difference:
    """A difference that has no size."""
    infinite = float("inf")
    return Difference(stage, name, backend, infinite, infinite, 1.0, "off", note=note)
