"""What a training costs on a backend: start, first step, steady steps, memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerastune.comparison.records import Record
from kerastune.comparison.specification import AS_IT_IS

ONCE = ("import", "build", "first step")
"""What happens once a process: the frameworks, the model with its data, and compiling."""

REPEATED = ("step", "evaluation", "prediction")
"""What is repeated, each on one batch."""


@dataclass(frozen=True)
class Spread:
    """Times of the same thing, in seconds.

    Args:
        median: float.
        lower: float, the lower quartile.
        upper: float, the upper quartile.

    Example:

    >>> Spread.of([0.1, 0.2, 0.3, 0.4, 0.9])
    Spread(median=0.3, lower=0.2, upper=0.4)
    """

    median: float
    lower: float
    upper: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        """The median and the quartiles of some times.

        Args:
            seconds: sequence of float, at least one.
        """
        lower, median, upper = np.quantile(seconds, (0.25, 0.5, 0.75)).tolist()
        return cls(median, lower, upper)

    def overlaps(self, other: "Spread") -> bool:
        """Whether the quartiles of two spreads overlap, so that they cannot be told apart.

        Args:
            other: `Spread`.
        """
        return self.lower <= other.upper and other.lower <= self.upper


@dataclass(frozen=True)
class Cost:
    """What a training costs on a backend, in one precision.

    Args:
        backend: str.
        precision: str, the Keras dtype policy, or `"as it is"`.
        batch_size: int, the samples of a batch.
        rounds: int, the processes in which it was measured.
        seconds: dictionary from each of `ONCE` and `REPEATED` to its `Spread`.
        memory: dictionary with the most bytes of `process` and `device`, or None.
        jit_compile: bool, whether XLA or `torch.compile` compiles the steps. Defaults to False.

    Example:

    >>> step = Spread(0.02, 0.01, 0.03)
    >>> Cost("jax", "float32", 32, 2, {"step": step}).samples_per_second
    1600.0
    """

    backend: str
    precision: str
    batch_size: int
    rounds: int
    seconds: dict[str, Spread]
    memory: dict[str, int | None] | None = None
    jit_compile: bool = False

    @property
    def step(self) -> Spread:
        """A training step, after those in which a backend compiles."""
        return self.seconds["step"]

    @property
    def samples_per_second(self) -> float:
        """The samples that training does a second."""
        return self.batch_size / self.step.median

    def to_dict(self) -> dict[str, Any]:
        """The cost as plain data, times in seconds, memory in bytes."""
        seconds = {name: vars(spread) for name, spread in self.seconds.items()}
        return {**vars(self), "seconds": seconds, "samples_per_second": self.samples_per_second}


def cost_of(precision: str | None, records: Sequence[Record]) -> Cost:
    """What the processes of one backend have measured.

    Args:
        precision: str or None, what was asked for.
        records: sequence of `Record`, one a round; at least one.

    Returns:
        A `Cost`: times of all rounds together, the largest memory.
    """
    results = [record.result for record in records]
    seconds = {name: Spread.of([one["seconds"][name] for one in results]) for name in ONCE}
    for name in REPEATED:
        # Every time counts, so that what differs between processes widens the spread.
        seconds[name] = Spread.of([time for one in results for time in one["seconds"][name]])
    memory = {
        place: max((one["memory"][place] for one in results if one["memory"][place]), default=None)
        for place in ("process", "device")
    }
    return Cost(
        records[0].backend,
        precision or AS_IT_IS,
        results[0]["batch_size"],
        len(results),
        seconds,
        memory,
        results[0]["jit_compile"],
    )


def sentences(costs: Sequence[Cost]) -> list[str]:
    """What is fastest, in a sentence a precision.

    Args:
        costs: sequence of `Cost`.

    Returns:
        List of str; empty where fewer than two backends were measured.

    Example:

    >>> fast, slow = Spread(0.01, 0.009, 0.011), Spread(0.02, 0.019, 0.021)
    >>> made = [Cost("jax", "float32", 8, 2, {"step": slow})]
    >>> sentences([*made, Cost("torch", "float32", 8, 2, {"step": fast})])
    ['Fastest in float32: torch, 10 ms a step of 8 samples; jax takes 2.00 times that.']
    """
    told = []
    for precision in dict.fromkeys(cost.precision for cost in costs):
        first, *others = sorted(
            (cost for cost in costs if cost.precision == precision),
            key=lambda cost: cost.step.median,
        )
        if not others:
            continue
        where = "" if precision == AS_IT_IS else f" in {precision}"
        parts = [
            f"Fastest{where}: {first.backend}, {1000 * first.step.median:.3g} ms a step of "
            f"{first.batch_size} samples"
        ]
        for cost in others:
            ratio = cost.step.median / first.step.median
            unsure = ", within the spread" if cost.step.overlaps(first.step) else ""
            parts.append(f"{cost.backend} takes {ratio:.2f} times that{unsure}")
        told.append("; ".join(parts) + ".")
    return told
