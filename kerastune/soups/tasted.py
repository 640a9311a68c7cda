"""What a soup is: the runs and their means, each measured on validation samples."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.display import AsTable, Column, Table
from kerastune.display.texts import format_name

if TYPE_CHECKING:
    from kerastune.jobs.result import Result

METHODS = ("greedy", "uniform", "line")


@dataclass(frozen=True)
class Measured:
    """Weights, and what they reach on the validation samples.

    Args:
        name: str, what they are: a run, `"uniform"`, `"greedy"`, or a point of the line.
        value: float, the metric.
        runs: tuple of str, the directories of the runs that they are the mean of.
        alpha: float, where on the line they are, or None.

    Example:

    >>> Measured("uniform", 0.9, ("runs/a", "runs/b")).alpha is None
    True
    """

    name: str
    value: float
    runs: tuple[str, ...]
    alpha: float | None = None


@dataclass(frozen=True)
class Soup(AsTable):
    """Averages of the weights of runs, the one that is kept, and its run directory.

    Args:
        method: str, one of `"greedy"`, `"uniform"` and `"line"`.
        metric: str, by which weights are judged.
        higher_is_better: bool, whether more of it is.
        measured: tuple of `Measured`: each run, and each average.
        kept: int, which of them is kept.
        result: the `Result` of it; its metrics are empty unless it was tested.
        validation_samples: int, how many samples all of them are measured on.

    Example:

    >>> measured = (Measured("runs/a", 0.8, ("runs/a",)), Measured("greedy", 0.9, ("runs/a",)))
    >>> soup = Soup("greedy", "accuracy", True, measured, 1, None, 100)
    >>> soup.value, soup.best
    (0.9, 1)
    """

    method: str
    metric: str
    higher_is_better: bool
    measured: tuple[Measured, ...]
    kept: int
    result: "Result"
    validation_samples: int

    @property
    def value(self) -> float:
        """float, the metric of what is kept on the validation samples."""
        return self.measured[self.kept].value

    @property
    def runs(self) -> tuple[str, ...]:
        """Tuple of str, the directories of the runs that what is kept is the mean of."""
        return self.measured[self.kept].runs

    @property
    def alpha(self) -> float | None:
        """float, where on the line what is kept is, or None."""
        return self.measured[self.kept].alpha

    @property
    def directory(self) -> Path:
        """Path of the run directory."""
        return self.result.run_dir

    @property
    def best(self) -> int:
        """int, which of all is the best on the validation samples; of equal ones the first."""
        values = [one.value for one in self.measured]
        return values.index(max(values) if self.higher_is_better else min(values))

    def to_table(self) -> Table:
        """Returns a row for each run and each average."""
        rows = tuple((one.name, len(one.runs), one.value) for one in self.measured)
        name = format_name(self.metric)
        return Table(
            f"Weights by {name} on {self.validation_samples:,} validation samples",
            (Column("weights", "text"), Column("runs"), Column(name, "metric")),
            rows,
            marks={(self.best, 2): "best"},
        )

    def lines(self) -> list[str]:
        """Returns what there is to say, a sentence each."""
        kept = self.measured[self.kept]
        whole = "the mean of " if len(kept.runs) > 1 else ""
        told = [f"Kept: {kept.name}, {whole}{', '.join(kept.runs)}."]
        if self.alpha is not None:
            told = [f"Kept: {kept.name} of the line to {kept.runs[0]}."]
        told += self._apart()
        reached = self.result.metrics.get(self.metric)
        if reached is not None:
            told.append(f"On the test samples: {self.metric} {reached:.4g}.")
        else:
            told.append("Not measured on the test samples: --test does that, once.")
        return told

    def _apart(self) -> list[str]:
        """What to say where the mean is worse than each of the runs."""
        by_name = {one.name: one.value for one in self.measured}
        alone = [one.value for one in self.measured if one.runs == (one.name,)]
        mean = by_name.get("uniform")
        if mean is None or (min(alone) <= mean if self.higher_is_better else mean <= max(alone)):
            return []
        return [
            "The mean of all is worse than each run: means help where runs have stayed near each "
            "other, such as after few epochs from one pretrained backbone."
        ]

    def to_dict(self) -> dict[str, Any]:
        """Returns everything but the result, for JSON."""
        return {
            "method": self.method,
            "metric": self.metric,
            "higher_is_better": self.higher_is_better,
            "validation_samples": self.validation_samples,
            "runs": list(self.runs),
            "alpha": self.alpha,
            "value": self.value,
            "measured": [
                {"name": one.name, "value": one.value, "runs": list(one.runs), "alpha": one.alpha}
                for one in self.measured
            ],
        }
