"""All layers of a model, run again one by one on the inputs that the reference has stored."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.comparison.tensors import read_packed, write_arrays
from kerastune.comparison.work.aligning import aligned, key_of
from kerastune.comparison.work.ordering import OrderedModel
from kerastune.comparison.work.replaying import FORMS, replay

Moves = dict[str, list[float]]


def replay_all(
    ordered: OrderedModel,
    common: Path,
    own: Path,
    change: Callable[[np.ndarray], np.ndarray] | None,
) -> list[dict[str, Any]]:
    """Run every recorded call again, and write what it gives to `layers.npz`.

    Args:
        ordered: the `OrderedModel`, with the weights of the reference.
        common: Path of the folder with the recorded calls.
        own: Path of the folder of this process.
        change: function that moves an input by rounding, on the reference; else None.

    Returns:
        List of dictionaries, one a call: `part`, `is_missing` where the layer is not called on
        this backend, `error` (a str) where it raised, and, on the reference, `moves`: how far
        each result moves with the inputs.
    """
    packed, arrays = read_packed(common, "calls")
    parts = same_parts(ordered, common)
    inputs = {name: arrays[name] for name in arrays}
    results: list[dict[str, Any]] = []
    written: dict[str, np.ndarray] = {}
    for number, call in enumerate(packed["calls"]):
        result: dict[str, Any] = {"part": call["part"]}
        results.append(result)
        part = parts[call["part"]]
        if part is None:
            result["is_missing"] = True
            continue
        try:
            found = replay(part, call["arguments"], inputs, in_order=ordered.in_order)
            if change is not None:
                moved = replay(part, call["arguments"], inputs, change, ordered.in_order)
                result["moves"] = {form: _moves(found[form], moved[form], form) for form in FORMS}
        # Whatever a layer raises on one backend only is a difference to be told.
        except Exception as error:
            result["error"] = f"{type(error).__name__}: {str(error).strip().splitlines()[0][:300]}"
        else:
            for form, values in found.items():
                written |= {f"{number}/{form}/{place}": one for place, one in enumerate(values)}
    write_arrays(own / "layers.npz", written)
    return results


def same_parts(ordered: OrderedModel, common: Path) -> list[Any]:
    """The layers of a model in the order of the reference, with None for those not called here.

    Args:
        ordered: the `OrderedModel`.
        common: Path of the folder with the recorded calls.
    """
    packed, _ = read_packed(common, "calls")
    places = aligned(packed["keys"], [key_of(part) for part in ordered.parts])
    return [None if place is None else ordered.parts[place] for place in places]


def _moves(found: list[np.ndarray], moved: list[np.ndarray], form: str) -> list[float]:
    """How far each result of a layer moves: outputs at most, gradients in their norm."""
    far = []
    for one, other in zip(found, moved, strict=True):
        # Where something is infinite or undefined, nothing can be said of how far.
        with np.errstate(invalid="ignore"):
            gap = np.abs(one.astype("float64") - other.astype("float64"))
        gap = np.where(np.isfinite(gap), gap, 0.0)
        is_gradient = form in ("inputs", "variables")
        far.append(float(np.linalg.norm(gap) if is_gradient else gap.max(initial=0.0)))
    return far
