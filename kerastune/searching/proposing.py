"""Which settings are tried next, and whether any are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kerastune.errors import InputError
from kerastune.searching.goal import Goal
from kerastune.searching.optuna_library import import_optuna
from kerastune.searching.study import FAILURE, best_trial, counted_trials, trials_of
from kerastune.searching.workers import Workers

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial, Trial

WORKER = "process"
_HOPELESS = 3
"""So many trials that all fail in the same way are no matter of the settings."""


@dataclass(frozen=True)
class Proposing:
    """Asks Optuna for settings, in turn with other processes.

    Args:
        study: the `Study` of Optuna.
        workers: the `Workers`.
        worker: str, the name of this process among them.
        trials: int, how many trials there may be.
        sampler: function from `seed` to an Optuna sampler.
        seed: int.
    """

    study: "Study"
    workers: Workers
    worker: str
    trials: int
    sampler: Callable[..., Any]
    seed: int

    def next(self, goal: Goal) -> "Trial | None":
        """Returns the next trial, or None where the goal holds or there were enough.

        Args:
            goal: the `Goal`.

        Raises:
            InputError: if all trials so far failed in the same way.
        """
        with self.workers.alone():
            self._end_dead()
            best = best_trial(self.study)
            counted = counted_trials(self.study)
            if best is not None and goal.is_met(best.value):
                return None
            _require_hope(counted)
            if len(counted) >= self.trials:
                return None
            # Of the place in the study: what is proposed does not depend on who proposes it, nor
            # on how often the study was ended before.
            place = np.random.SeedSequence([self.seed, len(counted)])
            self.study.sampler = self.sampler(seed=int(place.generate_state(1)[0]))
            trial = self.study.ask()
            trial.set_user_attr(WORKER, self.worker)
            return trial

    def is_alive(self, trial: "FrozenTrial") -> bool:
        """Returns whether a process still works on a trial that has not ended.

        Args:
            trial: a trial of the study.
        """
        return self.workers.is_alive(trial.user_attrs.get(WORKER))

    def others(self) -> "list[FrozenTrial]":
        """Returns the trials that other processes work on."""
        return [trial for trial in trials_of(self.study, "RUNNING") if self.is_alive(trial)]

    def _end_dead(self) -> None:
        """Mark the trials of processes that were killed, and have their settings tried again."""
        failed = import_optuna().trial.TrialState.FAIL
        for trial in trials_of(self.study, "RUNNING"):
            if not self.is_alive(trial):
                self.study.tell(trial.number, state=failed)
                if trial.params:
                    self.study.enqueue_trial(trial.params)


def _require_hope(counted: "list[FrozenTrial]") -> None:
    """Raise where the first trials have all failed for one reason."""
    reasons = {trial.user_attrs.get(FAILURE) for trial in counted}
    if len(counted) >= _HOPELESS and len(reasons) == 1 and None not in reasons:
        raise InputError(
            f"Expected settings that can be trained. Received: {len(counted)} trials that all "
            f"failed: {reasons.pop()}"
        )
