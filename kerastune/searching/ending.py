"""What a search has found so far, and the one test at its end."""

from typing import TYPE_CHECKING, Any

from kerastune.display import output
from kerastune.jobs.loading import load
from kerastune.jobs.validating import measure_on_test
from kerastune.searching.found import Found, Tried
from kerastune.searching.optuna_library import import_optuna
from kerastune.searching.proposing import Proposing
from kerastune.searching.study import FAILURE, best_trial, trials_of
from kerastune.searching.trying import Trying

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from kerastune.jobs.result import Result

_TESTS = "tests"
_STATES = {"COMPLETE": "complete", "PRUNED": "pruned"}


def best_on_test(trying: Trying, proposing: Proposing) -> "Result | None":
    """Returns the result of the best trial, measured on the test samples if it was not before.

    Args:
        trying: the `Trying`.
        proposing: the `Proposing`, whose turn it is.

    Returns:
        A `Result`; None where no trial is complete, or other processes are still at work: the
        last of them tests.
    """
    study = proposing.study
    best = best_trial(study)
    if best is None or proposing.others():
        return None
    directory = trying.run_directory(best.number)
    tests = study.user_attrs.get(_TESTS, {})
    result = load(directory)
    if not result.metrics:
        options = {**_options(trying, best), "verbose": output.verbosity()}
        result = measure_on_test(trying.recipe.build(**options), directory)
    if str(best.number) not in tests:
        numbers = {
            name: value for name, value in result.metrics.items() if isinstance(value, int | float)
        }
        study.set_user_attr(_TESTS, {**tests, str(best.number): numbers})
    return result


def found_in(trying: Trying, proposing: Proposing) -> Found:
    """Returns what a study has found so far.

    Args:
        trying: the `Trying`.
        proposing: the `Proposing`.

    Returns:
        A `Found`, without a result.
    """
    study = proposing.study
    best = best_trial(study)
    ended = trials_of(study, "COMPLETE", "PRUNED", "FAIL", "RUNNING")
    options = {} if best is None else _options(trying, best)
    return Found(
        trying.goal,
        tuple(_tried(trial, proposing) for trial in ended),
        None if best is None else best.number,
        trying.directory,
        {int(number): found for number, found in study.user_attrs.get(_TESTS, {}).items()},
        {name: value for name, value in options.items() if name != "verbose"},
    )


def _options(trying: Trying, trial: "FrozenTrial") -> dict[str, Any]:
    """The options of a trial that is done."""
    return trying.options_of(import_optuna().trial.FixedTrial(trial.params))


def _tried(trial: "FrozenTrial", proposing: Proposing) -> Tried:
    state = _STATES.get(trial.state.name)
    if state is None:
        is_running = trial.state.name == "RUNNING" and proposing.is_alive(trial)
        failed = "failed" if FAILURE in trial.user_attrs else "ended"
        state = "running" if is_running else failed
    # Of a process that was killed nobody knows when.
    duration = None if state == "ended" else trial.duration
    return Tried(
        trial.number,
        state,
        # Of one that was pruned it is that of its last epoch, which is no result.
        trial.value if state == "complete" else None,
        trial.user_attrs.get("epochs"),
        None if duration is None else duration.total_seconds(),
        dict(trial.params),
        trial.user_attrs.get(FAILURE, ""),
    )
