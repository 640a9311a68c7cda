"""What a search is after: a metric of the validation samples, and maybe how much of it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kerastune.errors import InputError, closest

if TYPE_CHECKING:
    from kerastune.evaluation import Evaluation


@dataclass(frozen=True)
class Goal:
    """A metric, and the value of it that is good enough.

    Args:
        metric: str, its name.
        value: float, or None for as good as possible.
        higher_is_better: bool. Defaults to True.

    Example:

    >>> Goal("accuracy", 0.9).is_met(0.93), Goal("log_loss", 0.2, False).is_met(0.3)
    (True, False)
    """

    metric: str
    value: float | None = None
    higher_is_better: bool = True

    def is_met(self, reached: float | None) -> bool:
        """Returns whether a value of the metric is good enough.

        Args:
            reached: float, or None where there is none yet.
        """
        if self.value is None or reached is None:
            return False
        return reached >= self.value if self.higher_is_better else reached <= self.value

    @property
    def direction(self) -> str:
        """What Optuna calls it, str."""
        return "maximize" if self.higher_is_better else "minimize"

    def __str__(self) -> str:
        """Returns it in words."""
        if self.value is None:
            return f"{'the highest' if self.higher_is_better else 'the lowest'} {self.metric}"
        return f"{self.metric} {'≥' if self.higher_is_better else '≤'} {self.value:g}"


def asked_goal(goal: str | Mapping[str, float | None] | None) -> tuple[str | None, float | None]:
    """Returns the metric and the value that somebody asks for, before the metrics are known.

    Args:
        goal: str, `accuracy=0.9` or `accuracy`; or a dictionary `{"accuracy": 0.9}`; or None.

    Returns:
        A tuple of a name or None, and a number or None.

    Raises:
        InputError: if it is something else.

    Example:

    >>> asked_goal("accuracy=0.9"), asked_goal({"r2": 0.5}), asked_goal(None)
    (('accuracy', 0.9), ('r2', 0.5), (None, None))
    """
    if goal is None:
        return None, None
    wrong = InputError(f"Expected a goal such as accuracy=0.9, or a metric. Received: {goal!r}")
    if isinstance(goal, str):
        metric, equals, text = (part.strip() for part in goal.partition("="))
        given: float | str | None = text if equals else None
    elif isinstance(goal, Mapping) and len(goal) == 1:
        ((metric, given),) = goal.items()
    else:
        raise wrong
    try:
        value = None if given is None else float(given)
    except (TypeError, ValueError) as error:
        raise wrong from error
    if not metric or (value is not None and not math.isfinite(value)):
        raise wrong
    return metric, value


def known_goal(asked: tuple[str | None, float | None], measured: "Evaluation") -> Goal:
    """Returns the goal that is meant, by what can be measured.

    Args:
        asked: what `asked_goal` gives.
        measured: an `Evaluation`, whose metrics are known.

    Returns:
        A `Goal`; without a metric that is asked for, of the first that has a better end.

    Raises:
        InputError: if there is no such metric, or neither end of it is better.

    Example:

    >>> from kerastune.evaluation import Evaluation, Metric
    >>> known_goal((None, None), Evaluation([Metric("accuracy", 0.1)]))
    Goal(metric='accuracy', value=None, higher_is_better=True)
    """
    directions = {name: up for name, up in measured.directions.items() if up is not None}
    metric, value = asked
    if metric is None:
        metric = next(iter(directions), None)
    if metric is None or metric not in directions:
        raise InputError(
            f"Expected a goal out of {', '.join(directions) or 'metrics with a better end'}. "
            f"Received: {metric}.{closest(metric or '', list(directions))}".removesuffix(".")
        )
    return Goal(metric, value, bool(directions[metric]))
