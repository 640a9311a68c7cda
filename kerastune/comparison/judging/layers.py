"""Whether each layer gives the same on the reference's own inputs."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from kerastune.comparison.judging.differences import (
    Difference,
    largest_gap,
    norm,
    norm_of_gap,
    scale_of,
    share,
)
from kerastune.comparison.judging.tolerances import EPSILONS, Tolerances, limit_of
from kerastune.comparison.records import Record

OUTPUTS, GRADIENTS = ("inference", "training"), ("inputs", "variables")

# More than so many times what rounding moves is told, also within the tolerance.
_BEYOND_ROUNDING = 100.0
# A gradient that is a smaller share of all of a layer's is judged as if it were as large.
_SMALL_SHARE = 1e-3
# What moves by that share of itself with rounding is drawn at random, or chaotic.
_UNSTABLE = 0.1


def layers(reference: Record, other: Record, tolerances: Tolerances) -> Iterator[Difference]:
    """How far each layer of another backend is from the reference, in the order of execution.

    Args:
        reference: `Record` of the reference.
        other: that of another backend, with the same layers.
        tolerances: `Tolerances` for the precision.

    Yields:
        A `Difference` for each call of a layer, in the form in which it is largest.
    """
    parts = reference.result["parts"]
    kind = reference.result["precision"]
    pairs = zip(reference.result["layers"], other.result["layers"], strict=True)
    for call, (ours, theirs) in enumerate(pairs):
        name = parts[ours["part"]]["path"]
        if "error" in ours and "error" in theirs:
            continue
        if "is_missing" in theirs:
            note = "not called there, which takes another way"
            yield Difference(
                "layer", name, other.backend, 0.0, 0.0, 1.0, "listed", note=note, place=call
            )
            continue
        if "error" in ours or "error" in theirs:
            where = reference.backend if "error" in ours else other.backend
            note = f"it fails on {where}: {(ours if 'error' in ours else theirs)['error']}"
            yield Difference(
                "layer", name, other.backend, np.inf, np.inf, 1.0, "off", note=note, place=call
            )
            continue
        found = [
            *_outputs(reference, other, call, ours["moves"], tolerances, kind),
            *_gradients(reference, other, call, ours["moves"], tolerances, kind),
        ]
        if found:
            order = {"off": 3, "close": 2, "same": 1, "listed": 0}
            worst = max(found, key=lambda one: (order[one.status], one.excess))
            yield replace(worst, name=name, place=call)


def _outputs(
    reference: Record,
    other: Record,
    call: int,
    moves: dict[str, list[float]],
    tolerances: Tolerances,
    kind: str,
) -> Iterator[Difference]:
    """The outputs of one layer, in inference and in training."""
    for form in OUTPUTS:
        ours, theirs = reference.of_layer(call, form), other.of_layer(call, form)
        for one, its, move in zip(ours, theirs, moves[form], strict=True):
            scale, gap = scale_of(one), largest_gap(one, its)
            noise = EPSILONS[kind] * scale
            yield _judged(other.backend, form, gap, scale, move, noise, tolerances.forward)


def _gradients(
    reference: Record,
    other: Record,
    call: int,
    moves: dict[str, list[float]],
    tolerances: Tolerances,
    kind: str,
) -> Iterator[Difference]:
    """The gradients of one layer, with respect to its inputs and its variables."""
    whole = np.sqrt(
        sum(norm(one) ** 2 for form in GRADIENTS for one in reference.of_layer(call, form))
    )
    for form in GRADIENTS:
        ours, theirs = reference.of_layer(call, form), other.of_layer(call, form)
        for one, its, move in zip(ours, theirs, moves[form], strict=True):
            size, gap = max(norm(one), _SMALL_SHARE * whole), norm_of_gap(one, its)
            noise = 10 * EPSILONS[kind] * size
            yield _judged(other.backend, form, gap, size, move, noise, tolerances.gradient)


def _judged(
    backend: str,
    form: str,
    gap: float,
    size: float,
    move: float,
    noise: float,
    tolerance: float,
) -> Difference:
    """One result of a layer, judged by its size, what rounding moves, and the least of that."""
    relative, moved = share(gap, size), share(move, size)
    limit = limit_of(tolerance, moved)
    if relative > limit:
        status = "off"
    elif gap > _BEYOND_ROUNDING * max(move, noise):
        status = "close"
    elif moved > _UNSTABLE:
        status = "listed"
    else:
        status = "same"
    note = (
        "rounding of its inputs moves it by as much as its own size" if status == "listed" else ""
    )
    return Difference("layer", "", backend, gap, relative, limit, status, form, note)
