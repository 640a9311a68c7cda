"""Which epoch was the best, of those that have been measured."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from kerastune.errors import InputError, closest

_LOWEST = ("loss", "error", "perplexity")


def best_step(epochs: Sequence[Mapping[str, Any]], metric: str | None) -> int | None:
    """Returns the steps that had been trained at the end of the best epoch.

    Args:
        epochs: sequence of dictionaries with `steps` and what was measured.
        metric: str, by which they are judged: the lowest is the best of what has `loss`, `error`
            or `perplexity` in its name, and the highest of others. Of equal ones it is the first.
            None for no epoch.

    Returns:
        int, or None where there is none.

    Raises:
        InputError: if no epoch has measured it.

    Example:

    >>> epochs = [{"steps": 4, "val_loss": 0.5}, {"steps": 8, "val_loss": 0.7}]
    >>> best_step(epochs, "val_loss")
    4
    """
    if metric is None or not epochs:
        return None
    sign = -1 if any(word in metric for word in _LOWEST) else 1
    measured = [
        (sign * epoch[metric], epoch["steps"])
        for epoch in epochs
        if isinstance(epoch.get(metric), int | float) and isfinite(epoch[metric])
    ]
    if not measured and not any(metric in epoch for epoch in epochs):
        known = [name for name in epochs[-1] if name not in ("stage", "epoch", "steps")]
        raise InputError(
            f"Expected `keep_best` out of {', '.join(known)}. Received: {metric!r}."
            + closest(metric, known)
        )
    return max(measured, key=lambda pair: (pair[0], -pair[1]))[1] if measured else None
