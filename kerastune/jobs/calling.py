"""What a call of a recipe does: checks, on which devices, and whether there is something to do."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kerastune.distribution import value_from_first
from kerastune.jobs.resuming import require_resumable
from kerastune.jobs.run_directories import require_free
from kerastune.jobs.spreading import spread

if TYPE_CHECKING:
    from kerastune.jobs.job import Job
    from kerastune.jobs.recipe import Recipe
    from kerastune.jobs.result import Result
    from kerastune.jobs.run_options import RunOptions


def call(recipe: "Recipe[Any]", arguments: Sequence[Any], options: Mapping[str, Any]) -> "Result":
    """Builds the job of a recipe and runs it, or returns what it has reached before.

    Args:
        recipe: the `Recipe`.
        arguments: sequence of `data` and `test_data`.
        options: dictionary of the recipe's own arguments and `RunOptions`.

    Returns:
        A `Result`.

    Raises:
        InputError: if an argument, a file or the data cannot be used.

    Example:

    See `Recipe`, which calls it.
    """
    _, chosen = recipe.bind(*arguments, **options)
    with spread(chosen):
        # Before data are read and weights are loaded, which may take long.
        value_from_first(lambda: _require_directory(chosen))
        if chosen["repeats"] > 1:
            from kerastune.jobs.repeats import run_repeats

            return run_repeats(recipe, *arguments, **options)
        job = recipe.build(*arguments, **options)
        finished = _finished(job) if chosen["resume"] is not None else None
        return job.run() if finished is None else finished


def _require_directory(chosen: "RunOptions") -> None:
    """Raise unless the run can be written, or gone on with."""
    overwrite, repeats = chosen["overwrite"], chosen["repeats"]
    if chosen["resume"] is None:
        require_free(chosen["run_dir"], overwrite=overwrite)
    else:
        require_resumable(chosen["run_dir"], overwrite=overwrite, repeats=repeats)


def _finished(job: "Job") -> "Result | None":
    """What the job has reached before, if the first process finds it."""
    from kerastune.jobs.loading import load
    from kerastune.jobs.reopening import finished_result

    found: list[Result | None] = []

    def look() -> bool:
        found.append(finished_result(job))
        return found[0] is not None

    if not value_from_first(look):
        return None
    return found[0] if found else load(str(job.options["run_dir"]))
