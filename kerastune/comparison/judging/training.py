"""Whether the whole model gives the same: outputs, loss, gradients, updates, loss curves."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from kerastune.comparison.judging.differences import (
    Difference,
    largest_gap,
    norm,
    norm_of_gap,
    scale_of,
    share,
)
from kerastune.comparison.judging.tolerances import EPSILONS, ROUNDING, Tolerances, limit_of
from kerastune.comparison.records import Record
from kerastune.comparison.sampling import some_of
from kerastune.comparison.specification import MOVES

# A gradient that is a smaller share of the whole one and no larger than rounding is zero in
# exact arithmetic: of key biases of attention, and of biases before batch normalization.
_ZERO_SHARE = 1e-5


def forward(reference: Record, other: Record, tolerances: Tolerances) -> Iterator[Difference]:
    """The outputs of the whole model, in inference and in training.

    Args:
        reference: `Record` of the reference.
        other: that of another backend.
        tolerances: `Tolerances` for the precision.

    Yields:
        A `Difference` for each output.
    """
    ours, theirs = reference.arrays("first_step"), other.arrays("first_step")
    for name, one in _named(ours, ("output", "trained")):
        kind, place = name.split("/")
        scale = scale_of(one)
        gap = largest_gap(one, theirs[name])
        moved = share(_move(reference, name, largest_gap), scale)
        limit = limit_of(tolerances.forward, moved)
        relative = share(gap, scale)
        form = "inference" if kind == "output" else "training"
        yield Difference(
            "forward", f"output {int(place) + 1}", other.backend, gap, relative, limit,
            "off" if relative > limit else "same", form,
        )  # fmt: skip


def loss(reference: Record, other: Record, tolerances: Tolerances) -> Iterator[Difference]:
    """The loss of the reference's own outputs.

    Args:
        reference: `Record` of the reference.
        other: that of another backend.
        tolerances: `Tolerances` for the precision.

    Yields:
        One `Difference`, unless the loss needs more than outputs.
    """
    one, its = (record.result["loss_on_reference"] for record in (reference, other))
    if one is None or its is None:
        return
    gap = largest_gap(np.array(one), np.array(its))
    relative = share(gap, abs(one))
    status = "off" if relative > tolerances.forward else "same"
    yield Difference(
        "loss", "loss", other.backend, gap, relative, tolerances.forward, status,
        note="of the outputs of the reference",
    )  # fmt: skip


def gradients(reference: Record, other: Record, tolerances: Tolerances) -> Iterator[Difference]:
    """The gradient of the first step with respect to each variable.

    Args:
        reference: `Record` of the reference.
        other: that of another backend.
        tolerances: `Tolerances` for the precision.

    Yields:
        A `Difference` for each trainable variable, as a share of the whole gradient.
    """
    ours, theirs = reference.arrays("first_step"), other.arrays("first_step")
    whole, zero = _whole_and_zero(reference)
    for place, name in enumerate(reference.result["trainable"]):
        key = f"gradient/{place}"
        gap = norm_of_gap(ours[key], theirs[key])
        relative = share(gap, whole)
        moved = share(_move(reference, key, norm_of_gap), whole)
        limit = limit_of(tolerances.gradient, moved)
        is_zero = place in zero
        status = "off" if relative > limit else "listed" if is_zero else "same"
        note = "zero in exact arithmetic" if is_zero else ""
        yield Difference(
            "gradient", name, other.backend, gap, relative, limit, status, note=note, place=place
        )


def optimizer(reference: Record, other: Record, tolerances: Tolerances) -> Iterator[Difference]:
    """What one step of the optimizer makes of the reference's gradients.

    Args:
        reference: `Record` of the reference.
        other: that of another backend.
        tolerances: `Tolerances` for the precision.

    Yields:
        A `Difference` for each trainable variable, as a share of its movement.
    """
    ours, theirs = reference.arrays("optimizer"), other.arrays("optimizer")
    first = reference.begin
    places = _weight_places(reference)
    for place, name in enumerate(reference.result["trainable"]):
        begin = first[str(places[place])]
        one, its = ours[str(place)], theirs[str(place)]
        limit = tolerances.gradient
        yield _update("optimizer", name, other.backend, (begin, one, its), limit, "", place)


def updates(reference: Record, other: Record, tolerances: Tolerances) -> Iterator[Difference]:
    """What the first step of training that moves any weight adds to each variable.

    Args:
        reference: `Record` of the reference.
        other: that of another backend.
        tolerances: `Tolerances` for the precision.

    Yields:
        A `Difference` for each variable. One whose gradient is zero in exact arithmetic is
        listed: an adaptive optimizer makes steps of its rounding.
    """
    ours, theirs = reference.arrays("steps"), other.arrays("steps")
    moved, first = reference.arrays("moved_steps"), reference.begin
    _, zero = _whole_and_zero(reference)
    zero_weights = {_weight_places(reference)[place] for place in zero}
    by_weight = {weight: place for place, weight in enumerate(_weight_places(reference))}
    step = _first_moving(reference)
    for place, name in enumerate(reference.result["variables"]):
        key = f"{step}/{place}"
        begin = some_of(first[str(place)])
        noise = share(norm_of_gap(ours[key], moved[key]), norm(ours[key] - begin))
        if place in by_weight:
            # What moves the gradient moves what is made of it.
            gradient = f"gradient/{by_weight[place]}"
            whole = norm(reference.arrays("first_step")[gradient])
            noise = max(noise, share(_move(reference, gradient, norm_of_gap), whole))
        limit = limit_of(tolerances.update, noise)
        note = "its gradient is zero in exact arithmetic" if place in zero_weights else ""
        arrays = (begin, ours[key], theirs[key])
        yield _update("update", name, other.backend, arrays, limit, note, place)


def _update(
    stage: str,
    name: str,
    backend: str,
    arrays: tuple[np.ndarray, np.ndarray, np.ndarray],
    limit: float,
    note: str,
    place: int,
) -> Difference:
    """How far what was added to a weight is from what the reference added."""
    begin, one, its = (np.asarray(array, "float64") for array in arrays)
    movement = norm(one - begin)
    gap = norm_of_gap(one, its)
    # A weight cannot be nearer than its own rounding.
    beyond = max(0.0, gap - 4 * EPSILONS["float32"] * norm(begin))
    relative = share(beyond, movement)
    status = "listed" if note else "off" if relative > limit else "same"
    return Difference(
        stage, name, backend, gap, min(relative, share(gap, movement)), limit, status,
        note=note, place=place,
    )  # fmt: skip


def _move(
    reference: Record, name: str, measure: Callable[[np.ndarray, np.ndarray], float]
) -> float:
    """How far something of the first step moves with rounding, at the most."""

    def measured() -> float:
        one, moved = reference.arrays("first_step")[name], reference.arrays("moved_first_step")
        return max(measure(one, moved[f"{number}/{name}"]) for number in range(MOVES))

    return reference.derived((name, measure), measured)


def _whole_and_zero(reference: Record) -> tuple[float, set[int]]:
    """The norm of the whole gradient, and which parts of it are zero in exact arithmetic."""
    return reference.derived("whole and zero", lambda: _find_whole_and_zero(reference))


def _find_whole_and_zero(reference: Record) -> tuple[float, set[int]]:
    """What `_whole_and_zero` gives, from the gradients."""
    ours = reference.arrays("first_step")
    sizes, moves = [], []
    for place, _ in enumerate(reference.result["trainable"]):
        sizes.append(norm(ours[f"gradient/{place}"]))
        moves.append(_move(reference, f"gradient/{place}", norm_of_gap))
    whole = float(np.linalg.norm(sizes))
    rounding = EPSILONS[reference.result["precision"]] * whole
    zero = {
        place
        for place, (size, move) in enumerate(zip(sizes, moves, strict=True))
        if size <= _ZERO_SHARE * whole and size <= ROUNDING * max(move, rounding)
    }
    return whole, zero


def _first_moving(reference: Record) -> int:
    """The first step after which a trained weight is not as it was; a schedule may begin at 0."""
    steps, first = reference.arrays("steps"), reference.begin
    places = _weight_places(reference)
    stored = sorted({int(name.split("/")[0]) for name in steps})
    for step in stored:
        for place in places:
            if not np.array_equal(steps[f"{step}/{place}"], some_of(first[str(place)])):
                return step
    return stored[-1]


def _named(
    arrays: Mapping[str, np.ndarray], kinds: tuple[str, ...]
) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays whose names begin with one of some kinds."""
    for name in arrays:
        if name.split("/")[0] in kinds:
            yield name, arrays[name]


def _weight_places(reference: Record) -> list[int]:
    """The place of each trainable variable among all weights."""
    return reference.result["trainable_places"]
