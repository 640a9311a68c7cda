"""The settings of a backend that make training steps fastest on this machine."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

from kerastune.backends import ALWAYS_COMPILED
from kerastune.comparison.costs import Cost, cost_of
from kerastune.comparison.running import WorkerFailedError, measure_by_turns
from kerastune.comparison.specification import Specification

AS_IT_IS = "as it is"


@dataclass(frozen=True)
class Tried:
    """One setting that was tried, beside those that were the best before.

    Args:
        setting: str, such as `jit_compile=True`.
        cost: the `Cost` with it, or None where it failed.
        former: the `Cost` without it, measured by turns with it.
        is_kept: bool, whether it is faster by more than the spread.
        why: str, why it failed.

    Example:

    >>> Tried("threads=1", None, None, is_kept=False, why="killed").is_kept
    False
    """

    setting: str
    cost: Cost | None
    former: Cost | None
    is_kept: bool
    why: str = ""

    @property
    def ratio(self) -> float | None:
        """The time of a step with the setting, as a share of that without."""
        if self.cost is None or self.former is None:
            return None
        return self.cost.step.median / self.former.step.median


@dataclass(frozen=True)
class Tuned:
    """The fastest settings of a backend.

    Args:
        backend: str.
        settings: dictionary of the settings that are kept, `jit_compile`, `precision` and
            `threads`; empty where none is faster than what is usual.
        tried: tuple of `Tried`, in order.

    Example:

    >>> Tuned("jax", {"threads": 1}).settings
    {'threads': 1}
    """

    backend: str
    settings: Mapping[str, Any]
    tried: tuple[Tried, ...] = ()

    @property
    def ratio(self) -> float:
        """About the time of a step with the settings, as a share of that without."""
        return prod(one.ratio or 1.0 for one in self.tried if one.is_kept)


def candidates(usual: Cost, processors: int | None = None) -> dict[str, tuple[Any, ...]]:
    """The settings that are tried on a backend, one after the other.

    Args:
        usual: the `Cost` of what is usual there.
        processors: int, the processors of the machine. Defaults to those of this one.

    Returns:
        Dictionary from the name of a setting to its values.

    Example:

    >>> candidates(Cost("torch", "float32", 32, 2, {}), processors=8)
    {'jit_compile': (True,), 'precision': ('mixed_bfloat16',), 'threads': (4, 1)}
    >>> candidates(Cost("jax", "mixed_bfloat16", 32, 2, {}, jit_compile=True), processors=1)
    {'precision': ('float32',)}
    """
    count = processors or os.cpu_count() or 1
    threads = tuple(sorted({number for number in (count // 2, 1) if 0 < number < count}))[::-1]
    found: dict[str, tuple[Any, ...]] = {
        "jit_compile": () if usual.backend in ALWAYS_COMPILED else (not usual.jit_compile,),
        "precision": ("float32" if "16" in usual.precision else "mixed_bfloat16",),
        "threads": threads,
    }
    return {name: values for name, values in found.items() if values}


def tune(
    specification: Specification,
    usual: Sequence[Cost],
    folder: Path,
    *,
    rounds: int,
    announce: Callable[[str], None],
) -> list[Tuned]:
    """Try settings on each backend, one setting after the other, and keep what is faster.

    Each value is measured by turns with the best settings so far, and kept where the quartiles
    of its steps lie below theirs.

    Args:
        specification: the `Specification`, whose backend and folders are filled in here.
        usual: sequence of `Cost`, that of each backend as it is.
        folder: Path for what the processes write.
        rounds: int, the processes of each setting.
        announce: function that is told how far it is.

    Returns:
        List of `Tuned`, one a backend.
    """
    found = []
    for cost in usual:
        backend = cost.backend
        best = replace(specification, backend=backend)
        tried: list[Tried] = []
        settings: dict[str, Any] = {}
        for name, values in candidates(cost).items():
            asked = {AS_IT_IS: best}
            asked |= {f"{name}={value}": replace(best, **{name: value}) for value in values}
            place = folder / f"{backend}_{name}"
            records, failures = measure_by_turns(asked, place, rounds=rounds, announce=announce)
            costs = {text: cost_of(best.precision, one) for text, one in records.items()}
            step = _judged(list(asked)[1:], costs, failures)
            tried += step
            for one, value in zip(step, values, strict=True):
                if one.is_kept:
                    best = asked[one.setting]
                    settings[name] = value
        found.append(Tuned(backend, settings, tuple(tried)))
    return found


def _judged(
    texts: Sequence[str], costs: Mapping[str, Cost], failures: Mapping[str, WorkerFailedError]
) -> list[Tried]:
    """What came of the values of one setting, of which at most the fastest is kept."""
    former = costs.get(AS_IT_IS)
    faster = [
        text
        for text in texts
        if former is not None
        and text in costs
        and costs[text].step.median < former.step.median
        and not costs[text].step.overlaps(former.step)
    ]
    kept = min(faster, key=lambda text: costs[text].step.median, default=None)
    return [
        Tried(text, costs.get(text), former, text == kept, str(failures.get(text, "")))
        for text in texts
    ]
