"""The search: tries settings until the goal holds, or as often as it may, and tests the best."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.display import output
from kerastune.display.formats import format_duration
from kerastune.errors import InputError
from kerastune.searching.ending import best_on_test, found_in
from kerastune.searching.found import Found
from kerastune.searching.optuna_library import import_optuna, quiet_optuna
from kerastune.searching.prepared import prepared_search
from kerastune.searching.proposing import Proposing
from kerastune.searching.report import write_report
from kerastune.searching.study import PROCESSES, opened_study, require_study_directory
from kerastune.searching.tables import in_words
from kerastune.searching.trying import Trying
from kerastune.searching.workers import Workers

if TYPE_CHECKING:
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

    from kerastune.jobs.recipe import Recipe

# Steps are epochs, from 1; Optuna prunes at those that are not below this.
_WARMUP = 2


def tune(
    recipe: "Recipe[Any] | str",
    space: Any = None,
    *,
    goal: str | Mapping[str, float | None] | None = None,
    trials: int = 20,
    study_dir: str | Path | None = None,
    sampler: "Callable[..., BaseSampler] | None" = None,
    pruner: "BasePruner | None" = None,
    **options: Any,
) -> Found:
    """Tunes a recipe again until it is good enough on the validation samples.

    Each trial is a run in a directory of its own, with other settings, proposed by Optuna. It
    reads the training and the validation samples alone, and ends early where it is worse than
    half of the others at the same epoch. The first has the recipe's own settings. When the goal
    holds, or there were enough trials, the best one is measured on the test samples, once.

    The study is kept in `study_dir`: the same call goes on where it was ended, however that was,
    and several processes may work on it at once. What is proposed depends on the option `seed`, the
    number of the trial, and the trials before it: a study that was ended and goes on is the same
    as one that was not.

    Args:
        recipe: a `Recipe`, or the name of one.
        space: what is searched: a dictionary from an option of the recipe to `(low, high)`,
            `(low, high, "log")`, a list of choices, or None for its usual range; or a function
            from an Optuna trial to a dictionary of options. Defaults to what is usual, see
            `kerastune.searching.usual_space`.
        goal: str, `accuracy=0.9`, or a metric alone for as much of it as possible; or a
            dictionary `{"accuracy": 0.9}`. Defaults to the first metric of the head.
        trials: int, how many at most, those of former calls included. Defaults to 20.
        study_dir: where the study is kept. Defaults to `studies/RECIPE`.
        sampler: class of an Optuna sampler, or a function, that takes `seed`. Defaults to
            `optuna.samplers.TPESampler`.
        pruner: an Optuna pruner; `optuna.pruners.NopPruner()` for none. Defaults to
            `optuna.pruners.MedianPruner`, of the sixth trial on, from the second epoch on.
        **options: options of the recipe that are the same for all trials, such as `data`. One
            that is given is not searched. `validation_fraction` is 0.2 unless it is given or the
            recipe has another, and of no effect where data bring validation samples.

    Returns:
        A `Found`, whose `result` is the best trial's `Result`.

    Raises:
        InputError: if something given cannot be used, the study is of another search, or the
            first trials all fail in the same way.
        MissingExtraError: if Optuna is not installed.
        KeyboardInterrupt: after Ctrl-C. The trial does not count, and the report is written.

    Reference:
        Akiba et al., 2019, "Optuna: A Next-generation Hyperparameter Optimization Framework",
        https://arxiv.org/abs/1907.10902

    Example:

    >>> import tempfile
    >>> from kerastune import recipes
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     found = tune(
    ...         recipes.linear_regression, {"learning_rate": (0.01, 1.0, "log")}, goal="r2",
    ...         trials=2, study_dir=directory, epochs=2, verbose=0,
    ...     )
    >>> len(found.trials), "r2" in found.result.metrics
    (2, True)
    """
    optuna = import_optuna()
    if isinstance(trials, bool) or not isinstance(trials, int) or trials < 1:
        raise InputError(f"Expected at least 1 trial, a whole number. Received: trials={trials!r}")
    if isinstance(recipe, str):
        from kerastune.jobs.recipe_files import find_recipe

        recipe = find_recipe(recipe)
    directory = Path(study_dir) if study_dir is not None else Path("studies") / recipe.__name__
    require_study_directory(directory)
    with output.printing(options.get("verbose", 1)), quiet_optuna(), ExitStack() as opened:
        prepared = prepared_search(recipe, space, goal, options)
        workers = Workers(directory / PROCESSES)
        worker = opened.enter_context(workers.at_work())
        with workers.alone():
            study = opened.enter_context(
                opened_study(directory, recipe.__name__, prepared.identity, prepared.goal.direction)
            )
            settled = prepared.settled_in(study)
        study.pruner = pruner or optuna.pruners.MedianPruner(n_warmup_steps=_WARMUP)
        trying = Trying(
            recipe,
            prepared.options,
            settled,
            prepared.goal,
            directory,
            verbose=int(output.verbosity() > 1),
            callbacks=prepared.callbacks,
        )
        proposing = Proposing(
            study, workers, worker, trials, sampler or optuna.samplers.TPESampler, prepared.seed
        )
        return _search(trying, proposing)


def _search(trying: Trying, proposing: Proposing) -> Found:
    """Try until there is nothing more to try, test the best, and tell."""
    study, console = proposing.study, output.console()
    try:
        while (trial := proposing.next(trying.goal)) is not None:
            console.print(f"Trial {trial.number}", end=": ", style="bold")
            trying.run(study, trial)
            for line in _lines(proposing, trying, trial.number):
                console.print(line, soft_wrap=True, markup=False, highlight=False)
    except BaseException as error:
        # What was found until then; what ended it is told, and not that this failed too.
        with suppress(Exception):
            write_report(found_in(trying, proposing), study)
        if isinstance(error, KeyboardInterrupt):
            kept = f"The search is kept in '{trying.directory}', and the same call goes on"
            error.args = (f"{str(error) or 'Interrupted'}. {kept}",)
        raise
    with proposing.workers.alone():
        result = best_on_test(trying, proposing)
    found = replace(found_in(trying, proposing), result=result)
    write_report(found, study)
    return found


def _lines(proposing: Proposing, trying: Trying, number: int) -> list[str]:
    """How a trial ended, and which is the best."""
    found = found_in(trying, proposing)
    (one,) = (one for one in found.trials if one.number == number)
    metric = trying.goal.metric
    ended = f"{metric} {one.value:.4g}" if one.value is not None else one.state
    ended += f" ({one.remark})" if one.remark else ""
    best = "" if found.best is None else f"; best {found.value:.4g}, trial {found.best}"
    return [f"{ended}, {format_duration(one.seconds)}{best}", f"  {in_words(one.settings)}"]
