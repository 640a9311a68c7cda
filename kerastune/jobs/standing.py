"""Where a model stands beside its baselines, and how much of that may be chance."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerastune.evaluation import Evaluation, Metric

# Shares of right answers, each sample right or wrong: their error follows from their number.
_SHARES = ("accuracy", "subset_accuracy")
_TWO_SIDED_95_PERCENT = 1.96


@dataclass(frozen=True)
class Standing:
    """How a model compares with the best of its baselines.

    Args:
        line: str, what to say of it; empty where there is nothing to compare.
        ahead: float, by how much the model is better, or None where that cannot be told.
        chance: float, the difference that chance alone may make, or None where the numbers do
            not tell it.

    Example:

    >>> Standing("Accuracy 0.9 ...", 0.3, 0.1).is_clear
    True
    """

    line: str = ""
    ahead: float | None = None
    chance: float | None = None

    @property
    def is_clear(self) -> bool:
        """bool, whether the model is ahead by more than chance may make."""
        return self.ahead is not None and self.ahead > (self.chance or 0)


def standing(
    evaluation: "Evaluation", baselines: "Mapping[str, Evaluation]", test_samples: int
) -> Standing:
    """How a model compares with the best of its baselines by its first metric.

    Args:
        evaluation: the `Evaluation` of the model; metrics of which it is not known whether more
            is better are passed over, and those that no baseline has.
        baselines: dictionary from the name of a baseline to its `Evaluation`. Those that lack
            the metric, or have no finite value of it, are left out.
        test_samples: int, how many test samples there are.

    Returns:
        A `Standing`.

    Example:

    >>> from kerastune.evaluation import Evaluation, Metric
    >>> model, simple = (Evaluation([Metric("error", value, False)]) for value in (1.0, 3.0))
    >>> standing(model, {"mean": simple}, 50).ahead
    2.0
    """
    measured = {metric.name for one in baselines.values() for metric in one.metrics}
    directed = [one for one in evaluation.metrics if one.higher_is_better is not None]
    shared = [one for one in directed if one.name in measured]
    metric = next(iter(shared or directed), None)
    if metric is None:
        return Standing()
    if not math.isfinite(metric.value):
        return Standing(f"{_name(metric)} is {metric.value} and cannot be compared.")
    values = {name: _value(one, metric.name) for name, one in baselines.items()}
    rivals = {name: value for name, value in values.items() if value is not None}
    if not rivals:
        return Standing()
    sign = 1 if metric.higher_is_better else -1
    best = max(rivals, key=lambda name: sign * rivals[name])
    ahead = sign * (metric.value - rivals[best])
    chance = _chance(metric.name, [evaluation, baselines[best]], test_samples)
    told = _told(metric, best, rivals[best], ahead)
    return Standing(f"{told} {_doubt(ahead, chance, test_samples)}", ahead, chance)


def _told(metric: "Metric", best: str, reached: float, ahead: float) -> str:
    """The model beside the best baseline, in a sentence."""
    verb = "beats" if ahead > 0 else "does not beat"
    by = f" by {_number(ahead)}" if ahead > 0 else ""
    return f"{_name(metric)} {_number(metric.value)} {verb} {best} ({_number(reached)}){by}."


def _doubt(ahead: float, chance: float | None, test_samples: int) -> str:
    """How much of a difference may be chance, in a sentence."""
    count = f"{test_samples:,} test sample{'s' if test_samples != 1 else ''}"
    if chance is None:
        return f"On {count}; other seeds tell how much is chance."
    told = f"Of {count}, differences below {_number(chance)} may be chance"
    return f"{told}, and so may this one." if 0 < ahead <= chance else f"{told}."


def _chance(name: str, both: "list[Evaluation]", test_samples: int) -> float | None:
    """The difference of a metric of two models that chance explains, at 95 %.

    That of two independent samples, which is at least that of two models on the same one
    whose errors go together.
    """
    variances = [_variance(one, name) for one in both]
    known = [variance for variance in variances if variance is not None]
    if len(known) < len(both) or test_samples < 1:
        return None
    return _TWO_SIDED_95_PERCENT * math.sqrt(sum(known) / test_samples)


def _variance(evaluation: "Evaluation", name: str) -> float | None:
    """The variance of what a metric is the mean of, over the samples."""
    value = _value(evaluation, name)
    if value is None:
        return None
    if name in _SHARES:
        return value * (1 - value)
    squares = _value(evaluation, "root_mean_squared_error")
    # Of several outputs both are means over the outputs, which do not tell it.
    if name == "mean_absolute_error" and squares is not None and "per_output" not in evaluation:
        return max(squares**2 - value**2, 0.0)
    return None


def _value(evaluation: "Evaluation", name: str) -> float | None:
    """A finite metric, or None."""
    values = (one.value for one in evaluation.metrics if one.name == name)
    value = next(values, math.nan)
    return value if math.isfinite(value) else None


def _name(metric: "Metric") -> str:
    """The name of a metric at the beginning of a sentence."""
    name = metric.name.replace("_", " ")
    return name[:1].upper() + name[1:]


def _number(value: float) -> str:
    """A metric to four decimals, or four digits where these say nothing."""
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1000 or not value else f"{value:.4g}"
