"""One trial of a search: a run that is judged on the validation samples."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.backends.out_of_memory import is_out_of_memory, release_memory
from kerastune.errors import InputError, reason
from kerastune.jobs.validating import validate_job
from kerastune.searching.checked_space import check_suggested
from kerastune.searching.goal import Goal
from kerastune.searching.optuna_library import import_optuna
from kerastune.searching.pruning import Pruning
from kerastune.searching.study import FAILURE

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import BaseTrial, Trial

    from kerastune.jobs.recipe import Recipe
    from kerastune.searching.space import Space

# What changes the loss itself, so that losses of two trials are not of one kind.
_OF_THE_LOSS = ("l1", "l2", "label_smoothing", "class_weights", "balance_classes", "head")


@dataclass(frozen=True)
class Trying:
    """How a search tries settings.

    Args:
        recipe: the `Recipe`.
        options: dictionary of the options that are the same for all trials.
        space: the `Space`.
        goal: the `Goal`.
        directory: Path of the study, within which each trial has its run directory.
        verbose: int, how much a trial prints. Defaults to 0.
        callbacks: tuple of Keras callbacks for each trial. Defaults to none.
    """

    recipe: "Recipe[Any]"
    options: Mapping[str, Any]
    space: "Space"
    goal: Goal
    directory: Path
    verbose: int = 0
    callbacks: tuple[Any, ...] = ()

    def run_directory(self, number: int) -> Path:
        """Returns where the run of a trial is.

        Args:
            number: int, that of the trial.
        """
        return self.directory / f"trial-{number}"

    def options_of(self, trial: "BaseTrial") -> dict[str, Any]:
        """Returns the options of the recipe for a trial.

        Args:
            trial: an Optuna trial, running or done.

        Raises:
            InputError: if the space suggests what is no option, or none that is searched.
        """
        suggested = self.space.suggest(trial)
        check_suggested(suggested, self.recipe, self.options)
        return {**self.options, **suggested, "verbose": self.verbose}

    def run(self, study: "Study", trial: "Trial") -> None:
        """Runs a trial, and tells the study how it ended.

        Args:
            study: the `Study`.
            trial: the trial, which `Study.ask` gave.

        Raises:
            KeyboardInterrupt: after Ctrl-C; the trial does not count, and is proposed again.
            OSError: likewise, such as of a full disk.
            Exception: whatever else the recipe raises; the trial counts as failed.
        """
        states = import_optuna().trial.TrialState
        try:
            options = self.options_of(trial)
        except Exception as error:
            # A space that suggests what it must not does so in each trial.
            _fail(study, trial, reason(error))
            raise
        try:
            value = self._value(trial, options)
        except import_optuna().TrialPruned:
            study.tell(trial, state=states.PRUNED)
        except InputError as error:
            _fail(study, trial, reason(error))
        except (KeyboardInterrupt, OSError):
            study.tell(trial, state=states.FAIL)
            study.enqueue_trial(trial.params)
            raise
        except Exception as error:
            if not is_out_of_memory(error):
                _fail(study, trial, f"{type(error).__name__}: {reason(error)}")
                raise
            _fail(study, trial, f"out of memory: {reason(error)}")
            release_memory()
        else:
            if math.isfinite(value):
                study.tell(trial, value)
            else:
                _fail(study, trial, f"{self.goal.metric} is {value}")

    def _value(self, trial: "Trial", options: Mapping[str, Any]) -> float:
        """What the run of a trial reaches on the validation samples."""
        is_alike = not set(_OF_THE_LOSS) & set(trial.params)
        pruning = Pruning(trial, self.goal, may_use_loss=is_alike)
        # After those of the user, whose own end of an epoch comes first.
        callbacks = (*self.callbacks, pruning)
        directory = self.run_directory(trial.number)
        try:
            job = self.recipe.build(**{**options, "callbacks": callbacks, "run_dir": directory})
            return float(validate_job(job).evaluation[self.goal.metric])
        finally:
            trial.set_user_attr("epochs", pruning.epochs)


def _fail(study: "Study", trial: "Trial", why: str) -> None:
    """Record that the settings of a trial are of no use."""
    trial.set_user_attr(FAILURE, why)
    study.tell(trial, state=import_optuna().trial.TrialState.FAIL)
