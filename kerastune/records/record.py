"""One run, from the small files in its directory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from kerastune.records.run_files import first_run_file, read_json, read_yaml


@dataclass(frozen=True)
class RunRecord:
    """One run, as its files tell of it.

    Args:
        directory: Path of the run.
        recipe: str, the recipe's name.
        state: str, `"finished"`, `"untested"` of a trial of `kerastune tune`, `"interrupted"` by
            Ctrl-C, `"stopped"` by an error, or `"unfinished"`: it is still going on, or was
            killed.
        started: datetime, with its time zone.
        seconds: float, how long the run took, so far if it is not finished, or None where
            that is not known.
        backend: str, or None.
        plan: str, the name of the plan, or None.
        metrics: dictionary from a metric's name to its value; empty before it is measured.
        baselines: dictionary from a baseline's name to such a dictionary.
        higher_is_better: dictionary from a metric's name to a bool or None.
        notes: tuple of str, what the samples were, and what cleaning did to them.
        spread: dictionary from a metric's name to a dictionary of `mean`, `standard_deviation`,
            `lowest` and `highest`, over the seeds of a run with repeats; the metrics are then
            the means. Empty for any other run.
        verdict: tuple of str, what the numbers say, and what to try next.

    Example:

    >>> record = RunRecord(Path("runs/a"), "lenet", "finished", datetime(2026, 1, 1), 3.5)
    >>> record.name, record.first_metric
    ('a', None)
    """

    directory: Path
    recipe: str
    state: str
    started: datetime
    seconds: float | None
    backend: str | None = None
    plan: str | None = None
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    baselines: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    higher_is_better: Mapping[str, bool | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    spread: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    verdict: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the directory, str."""
        return self.directory.name or self.directory.resolve().name  # Of `.`, there is none.

    @property
    def first_metric(self) -> str | None:
        """The name of the metric that the recipe puts first, or None before it is measured."""
        return next(iter(self.metrics), None)

    def best_baseline(self, metric: str) -> tuple[str, float] | None:
        """Returns the baseline that is hardest to beat.

        Args:
            metric: str, the name of a metric.

        Returns:
            Its name and its value, or None where no baseline has the metric.
        """
        values = [
            (name, value)
            for name, numbers in self.baselines.items()
            if (value := numbers.get(metric)) is not None
        ]
        best = min if self.higher_is_better.get(metric) is False else max
        return best(values, key=lambda named: named[1], default=None)

    def configuration(self) -> dict[str, Any]:
        """Returns the arguments of the run.

        Returns:
            Dictionary, empty where they are not there.
        """
        return read_yaml(self.directory / "config.yaml")

    def environment(self) -> dict[str, Any]:
        """Returns the backend, devices, versions and platform.

        Returns:
            Dictionary, empty where they are not there.
        """
        return read_json(self.directory / "environment.json", {})

    def samples(self) -> dict[str, Any]:
        """Returns names, sizes and fingerprints of the parts of the data.

        Returns:
            Dictionary from the name of a part of the data to a dictionary of `name`, `samples`
            and `fingerprint`; empty where that is not there.
        """
        return read_json(first_run_file(self.directory, "samples.json"), {})

    def history(self) -> dict[str, Any]:
        """Returns the history of the training as dictionaries; of repeats, that of the first.

        Returns:
            Dictionary of `step_loss`, `epochs` and `stages`, each a list.
        """
        found = read_json(first_run_file(self.directory, "history.json"), {})
        return {name: found.get(name) or [] for name in ("step_loss", "epochs", "stages")}

    def stages(self) -> list[dict[str, Any]]:
        """Returns the plan, a dictionary a stage.

        Returns:
            List of dictionaries.
        """
        return read_yaml(first_run_file(self.directory, "plan.yaml")).get("stages") or []

    def plan_rows(self) -> list[dict[str, Any]]:
        """Returns the plan as it met the model, a dictionary for each stage and layer group.

        Returns:
            List of dictionaries.
        """
        return read_json(first_run_file(self.directory, "plan_table.json"), [])
