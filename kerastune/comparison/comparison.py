"""What came of comparing backends: a value with a verdict, tables and pictures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kerastune.comparison.costs import Cost, sentences
from kerastune.comparison.judging.differences import Difference
from kerastune.comparison.judging.tolerances import Tolerances
from kerastune.comparison.showing import tables
from kerastune.comparison.showing.cost_tables import cost_tables, settings_table
from kerastune.comparison.trial import Trial
from kerastune.comparison.tuning import Tuned
from kerastune.display import AsTable, Table
from kerastune.errors import InputError
from kerastune.options.profile import Profile


@dataclass(frozen=True, repr=False)
class Comparison(AsTable):
    """What came of comparing backends.

    `print` shows it as a table.

    Args:
        what: str, what was compared.
        trials: tuple of `Trial`, one a precision.
        tolerances: the `Tolerances`.
        failures: dictionary from each backend that could not run it to the reason.
        missing: tuple of str, the backends that are not installed.
        costs: tuple of `Cost`, what a training costs on each backend in each precision.
        unmeasured: dictionary from each backend whose cost could not be measured to the reason.
        tuned: tuple of `Tuned`, the fastest settings of each backend, where they were looked for.

    Example:

    >>> comparison = Comparison("lenet", (Trial("float32", ("jax", "torch"), ()),), Tolerances())
    >>> comparison.is_same, comparison.verdict
    (True, ['jax and torch do the same in float32, within the tolerances.'])
    """

    what: str
    trials: tuple[Trial, ...]
    tolerances: Tolerances
    failures: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    costs: tuple[Cost, ...] = ()
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    tuned: tuple[Tuned, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether all backends that are installed run it and do the same, in every precision."""
        return not self.failures and all(trial.is_same for trial in self.trials)

    @property
    def first(self) -> Difference | None:
        """The first difference beyond its tolerance, of the first precision that has one."""
        return next((trial.first for trial in self.trials if trial.first), None)

    @property
    def verdict(self) -> list[str]:
        """Whether the backends do the same, where they first differ, what is fastest: sentences."""
        return [
            *self._not_on_all(),
            *(line for trial in self.trials for line in trial.sentences()),
            *(f"{backend} could not run it: {why}" for backend, why in self.failures.items()),
            *(f"{backend} is not installed, and was left out." for backend in self.missing),
            *sentences(self.costs),
            *(f"{name} could not be measured: {why}" for name, why in self.unmeasured.items()),
        ]

    def _not_on_all(self) -> list[str]:
        """That not all backends could run it, which the sentences on the others do not say."""
        if not self.failures or not self.trials:
            return []
        return [
            f"Not the same on all backends: {' and '.join(self.failures)} could not run it. "
            "The others:"
        ]

    def profile(self) -> Profile:
        """The fastest backend and settings, for `kerastune run RECIPE --profile FILE`.

        Raises:
            InputError: if settings were not tried.
        """
        if not self.tuned:
            raise InputError(
                "Expected a comparison that tried settings. Received: one without. Compare with "
                "tune_settings=True"
            )
        steps = {cost.backend: cost.step.median for cost in reversed(self.costs)}
        fastest = min(self.tuned, key=lambda one: steps[one.backend] * one.ratio)
        settings = {one.backend: dict(one.settings) for one in self.tuned}
        return Profile(fastest.backend, settings, self.what)

    def to_table(self) -> Table:
        """How far each backend is from the reference, one row each."""
        return tables.summary(self.what, self.trials, tuple(self.failures))

    def to_tables(self) -> list[Table]:
        """All tables: the summary, layers, gradients, losses and metrics, and what it costs."""
        return [
            self.to_table(),
            *(table for trial in self.trials for table in tables.all_of(trial)),
            *cost_tables(self.costs),
            *([settings_table(self.tuned)] if self.tuned else []),
        ]

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain data, for JSON.

        Returns:
            Dictionary with `what`, `is_same`, `verdict`, `first`, `tolerances`, `failures`,
            `missing`, `costs`, `unmeasured`, `settings` and `trials`, each with its differences,
            losses and metrics.
        """
        return {
            "what": self.what,
            "is_same": self.is_same,
            "verdict": self.verdict,
            "first": vars(self.first) if self.first else None,
            "tolerances": vars(self.tolerances),
            "failures": dict(self.failures),
            "missing": list(self.missing),
            "costs": [cost.to_dict() for cost in self.costs],
            "unmeasured": dict(self.unmeasured),
            "settings": {one.backend: dict(one.settings) for one in self.tuned},
            "trials": [_plain(trial) for trial in self.trials],
        }

    def save(self, directory: str | Path) -> list[Path]:
        """Write `report.html` and `comparison.json`, and the reproduction if there is one.

        Args:
            directory: str or Path, made where it is not there.

        Returns:
            List of the Paths of what was written.
        """
        from kerastune.comparison.showing.report import write_report

        return write_report(self, Path(directory))


def _plain(trial: Trial) -> dict[str, Any]:
    """A trial as plain data."""
    return {
        "precision": trial.precision,
        "backends": list(trial.backends),
        "versions": dict(trial.versions),
        "is_same": trial.is_same,
        "notes": list(trial.notes),
        "switched_off": list(trial.switched_off),
        "seconds": dict(trial.seconds),
        "losses": {name: list(losses) for name, losses in trial.losses.items()},
        "metrics": {name: dict(found) for name, found in trial.metrics.items()},
        "differences": [vars(one) for one in trial.differences],
    }
