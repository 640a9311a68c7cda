"""What a search has found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.display import AsTable, Table
from kerastune.searching.goal import Goal

if TYPE_CHECKING:
    from kerastune.jobs.result import Result


@dataclass(frozen=True)
class Tried:
    """One trial of a search.

    Args:
        number: int, that of Optuna, from 0.
        state: str, `"complete"`, `"pruned"`, `"failed"`, `"ended"` (its process was) or
            `"running"`.
        value: float, the metric on the validation samples, or None.
        epochs: int, those that it trained, or None.
        seconds: float, or None while it runs.
        settings: dictionary of what was chosen.
        remark: str, why it failed. Defaults to nothing.

    Example:

    >>> Tried(0, "complete", 0.9, 3, 1.5, {"epochs": 3}).remark
    ''
    """

    number: int
    state: str
    value: float | None
    epochs: int | None
    seconds: float | None
    settings: Mapping[str, Any]
    remark: str = ""


@dataclass(frozen=True)
class Found(AsTable):
    """What a search has found.

    Args:
        goal: the `Goal`.
        trials: tuple of `Tried`, by number.
        best: int, the number of the best trial, or None where none is complete.
        directory: Path of the study: `report.html`, `study.db`, and a run for each trial.
        tests: dictionary from the number of each trial that was ever tested to its metrics on the
            test samples; it has one item, unless the study went on after a test.
        options: dictionary of the options of the best trial, as the recipe takes them.
        result: the `Result` of the best trial, tested; or None without one, or where other
            processes are still at work.

    Example:

    >>> trials = (Tried(0, "complete", 0.9, 3, 1.5, {"epochs": 3}),)
    >>> found = Found(Goal("accuracy", 0.8), trials, 0, Path("studies/lenet"))
    >>> found.value, found.is_reached
    (0.9, True)
    """

    goal: Goal
    trials: tuple[Tried, ...]
    best: int | None
    directory: Path
    tests: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    result: "Result | None" = None

    @property
    def value(self) -> float | None:
        """float, the metric of the best trial on the validation samples, or None."""
        found = (trial.value for trial in self.trials if trial.number == self.best)
        return next(found, None)

    @property
    def is_reached(self) -> bool:
        """bool, whether the goal holds on the validation samples."""
        return self.goal.is_met(self.value)

    def to_table(self) -> Table:
        """Returns the trials."""
        from kerastune.searching.tables import trials_table

        return trials_table(self)

    def lines(self) -> list[str]:
        """Returns what there is to say, a sentence each."""
        from kerastune.searching.tables import told

        return told(self)
