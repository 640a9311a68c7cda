"""Whether the losses of a training are the same, step by step."""

from collections.abc import Iterator

import numpy as np

from kerastune.comparison.judging.differences import Difference, largest_gap
from kerastune.comparison.judging.tolerances import Tolerances, limit_of
from kerastune.comparison.judging.training import gradients
from kerastune.comparison.records import Record


def curves(reference: Record, other: Record, tolerances: Tolerances) -> Iterator[Difference]:
    """The loss of each step.

    Args:
        reference: `Record` of the reference.
        other: that of another backend.
        tolerances: `Tolerances` for the precision.

    Yields:
        A `Difference` for each step.
    """

    def numbers(losses: list[float | None]) -> np.ndarray:
        return np.array([np.nan if loss is None else loss for loss in losses])

    ours, theirs = (numbers(record.result["losses"]) for record in (reference, other))
    moved = [numbers(losses) for losses in reference.result["moved_losses"]]
    # Where rounding alone moves the first gradient by more than its tolerance, as activations
    # with a kink do, curves part, and no few runs tell how far.
    is_unstable = any(
        one.relative > tolerances.gradient and not one.is_off
        for one in gradients(reference, other, tolerances)
    )
    furthest = 0.0
    for step, (one, its) in enumerate(zip(ours, theirs, strict=True), start=1):
        gap = largest_gap(one, its)
        furthest = max(furthest, *(largest_gap(one, curve[step - 1]) for curve in moved))
        allowed = tolerances.loss * (1 + abs(one)) if np.isfinite(one) else np.inf
        base = max(abs(one), 1e-30) if np.isfinite(one) else 1.0
        limit = limit_of(allowed, furthest) / base
        within = gap <= limit * base
        note = "" if gap <= allowed else "as far as rounding moves the reference"
        status = "same" if within else "listed" if is_unstable else "off"
        yield Difference(
            "training", f"step {step}", other.backend, gap, gap / base, limit,
            status, note=note if status != "off" else "", place=step,
        )  # fmt: skip
