"""Evaluation of a model on some samples: metrics with a direction, and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kerastune.display import AsTable, Table, metrics_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Metric:
    """One number, and whether more of it is better.

    Args:
        name: str, in lower case with underscores, such as `"accuracy"`.
        value: float.
        higher_is_better: bool, or None where neither end is better, as with a coverage that
            should be near its target. Defaults to True.

    Example:

    >>> Metric("log_loss", 0.3, higher_is_better=False).value
    0.3
    """

    name: str
    value: float
    higher_is_better: bool | None = True

    def __post_init__(self) -> None:
        # Also of NumPy's numbers, which JSON does not hold.
        object.__setattr__(self, "value", float(self.value))


@dataclass(frozen=True, repr=False)
class Evaluation(AsTable):
    """Metrics and tables of a model, or a baseline, on some samples.

    Args:
        metrics: sequence of `Metric`; the first is the one that sums up the others.
        tables: dictionary from a table's name, such as `"per_class"`, to its rows: a
            dictionary from the name of each row to a dictionary of numbers, or a list of
            such dictionaries.
        details: dictionary of what else there is to know, such as a confusion matrix for a
            picture, as plain data that JSON can hold.
        pictures: dictionary of Matplotlib figures by name, for a report, beside those of the head.

    Example:

    >>> evaluation = Evaluation(
    ...     [Metric("accuracy", 0.9)], {"per_class": {"cat": {"recall": 1.0}}}
    ... )
    >>> evaluation["accuracy"], evaluation.to_dict()["per_class"]["cat"]
    (0.9, {'recall': 1.0})
    """

    metrics: Sequence[Metric]
    tables: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    pictures: "Mapping[str, Figure]" = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        """Returns the value of a metric, or a table or detail, by name."""
        return self.to_dict()[name]

    def __contains__(self, name: object) -> bool:
        return name in self.to_dict()

    def to_table(self) -> Table:
        """Returns the metrics, and what else there is by name."""
        others = [*self.tables, *self.details]
        notes = (f"By name also: {', '.join(others)}.",) if others else ()
        return metrics_table("Evaluation", {"value": self.to_dict()}, self.directions, notes=notes)

    @property
    def directions(self) -> dict[str, bool | None]:
        """Dictionary from the name of each metric to whether more of it is better."""
        return {metric.name: metric.higher_is_better for metric in self.metrics}

    def to_dict(self) -> dict[str, Any]:
        """Returns everything by name, as plain data: metrics first, then tables and details."""
        numbers = {metric.name: metric.value for metric in self.metrics}
        return {**numbers, **self.tables, **self.details}

    def prefixed(self, prefix: str) -> "Evaluation":
        """Returns the same, with every name after a prefix and an underscore.

        Args:
            prefix: str, such as the name of one of several outputs.
        """
        return Evaluation(
            [
                Metric(f"{prefix}_{metric.name}", metric.value, metric.higher_is_better)
                for metric in self.metrics
            ],
            {f"{prefix}_{name}": table for name, table in self.tables.items()},
            {f"{prefix}_{name}": detail for name, detail in self.details.items()},
        )

    def parts(self, prefixes: "Sequence[str]") -> "dict[str, Evaluation]":
        """Returns the evaluations that `prefixed` and `joined` have put together.

        Args:
            prefixes: sequence of str. Where one begins with another, the longer is meant.

        Returns:
            Dictionary from each prefix to an `Evaluation`; those without a metric are left out.

        Example:

        >>> found = Evaluation([Metric("digit_accuracy", 0.9), Metric("angle_r2", 0.5)])
        >>> found.parts(["digit", "angle"])["angle"]["r2"]
        0.5
        """
        longest = sorted(prefixes, key=len, reverse=True)

        def own(prefix: str, name: str) -> bool:
            return prefix == next((one for one in longest if name.startswith(f"{one}_")), None)

        def held(prefix: str, named: Mapping[str, Any]) -> dict[str, Any]:
            return {
                name[len(prefix) + 1 :]: value for name, value in named.items() if own(prefix, name)
            }

        found = {
            prefix: Evaluation(
                [
                    replace(metric, name=metric.name[len(prefix) + 1 :])
                    for metric in self.metrics
                    if own(prefix, metric.name)
                ],
                held(prefix, self.tables),
                held(prefix, self.details),
            )
            for prefix in prefixes
        }
        return {prefix: part for prefix, part in found.items() if part.metrics}

    @classmethod
    def joined(cls, evaluations: "Sequence[Evaluation]") -> "Evaluation":
        """Returns several evaluations as one.

        Args:
            evaluations: sequence of `Evaluation`, in whose names none occurs twice.
        """
        return cls(
            [metric for one in evaluations for metric in one.metrics],
            {name: table for one in evaluations for name, table in one.tables.items()},
            {name: detail for one in evaluations for name, detail in one.details.items()},
            {name: picture for one in evaluations for name, picture in one.pictures.items()},
        )
