"""Weights in the model of a job, measured on its validation samples."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kerastune.errors import InputError, closest
from kerastune.jobs.validating import calibrated_and_measured
from kerastune.soups.averaging import Weights, mean_of
from kerastune.soups.statistics import differing_statistics, measure_statistics

if TYPE_CHECKING:
    import keras

    from kerastune.evaluation import Evaluation
    from kerastune.heads import Head
    from kerastune.jobs.job import Job


@dataclass
class Tasting:
    """How weights are measured.

    Args:
        job: the `Job`, whose model takes them one after another.
        several: sequence of weights, of which averages are measured.
        metric: str, or None for the first that has a better end, which is then set.

    Example:

    >>> from kerastune import recipes
    >>> job = recipes.linear_regression.build(validation_fraction=0.2)
    >>> tasting = Tasting(job, [job.model.get_weights()], "r2")
    >>> tasting.measure(tasting.several[0]) == tasting.mean([0])
    True
    """

    job: "Job"
    several: Sequence[Weights]
    metric: str | None = None
    higher_is_better: bool = True
    head: "Head | None" = None
    evaluation: "Evaluation | None" = None
    _statistics: "list[keras.layers.BatchNormalization]" = field(default_factory=list)

    def __post_init__(self) -> None:
        self._statistics = differing_statistics(self.job.model, self.several)

    @property
    def measures_statistics(self) -> bool:
        """bool, whether statistics of batch normalization differ, and are measured anew."""
        return bool(self._statistics)

    def measure(self, weights: Weights, *, is_average: bool = False) -> float:
        """Returns the metric that weights reach on the validation samples.

        The model has them afterwards; `head` and `evaluation` are of them.

        Args:
            weights: sequence of arrays, as `model.get_weights` gives them.
            is_average: bool, whether they are of no run, so that the statistics of batch
                normalization, where those of the runs differ, are measured anew. Defaults to False.

        Raises:
            InputError: if there is no such metric.
        """
        self.job.model.set_weights(weights)
        if is_average:
            measure_statistics(self.job, self._statistics)
        self.head, self.evaluation = calibrated_and_measured(self.job)
        self._settle_metric(self.evaluation)
        return float(self.evaluation[str(self.metric)])

    def mean(self, members: Sequence[int]) -> float:
        """Returns the metric that the mean of some of the weights reaches.

        Args:
            members: sequence of int, positions in `several`.
        """
        weights = mean_of([self.several[place] for place in members])
        return self.measure(weights, is_average=len(members) > 1)

    def score(self, value: float) -> float:
        """Returns a metric as a number of which more is better."""
        return value if self.higher_is_better else -value

    def _settle_metric(self, measured: "Evaluation") -> None:
        known = {name: up for name, up in measured.directions.items() if up is not None}
        if self.metric is None:
            self.metric = next(iter(known), None)
        if self.metric not in known:
            raise InputError(
                f"Expected a metric out of {', '.join(known) or 'those with a better end'}. "
                f"Received: {self.metric}.{closest(str(self.metric), list(known))}".removesuffix(
                    "."
                )
            )
        self.higher_is_better = bool(known[self.metric])
