"""A recipe run several times, each with a seed of its own, and what that says together."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kerastune.display import output
from kerastune.jobs.engine import check, configuration, run_job
from kerastune.jobs.repeats_report import Repeat, publish, read_repeat
from kerastune.jobs.run_directories import FIRST_REPEAT
from kerastune.jobs.run_options import with_defaults
from kerastune.jobs.runs import new_run

if TYPE_CHECKING:
    from kerastune.jobs.recipe import Recipe
    from kerastune.jobs.result import Result


def run_repeats(recipe: "Recipe[Any]", *arguments: Any, **options: Any) -> "Result":
    """Runs a recipe with the seeds `seed`, `seed + 1` and so on, and writes a report on all.

    Each run is built and trained anew, in a directory `repeat-1`, `repeat-2`, … within the run
    directory, which `kerastune.load` and the commands take like any other. What the test
    samples are does not depend on the seed.

    Args:
        recipe: the `Recipe`.
        *arguments: as for a call of the recipe.
        **options: as for a call of the recipe, with `repeats`.

    Returns:
        The `Result` of the first seed, which is that of a run without repeats: to choose the
        one that is best on the test samples would be to learn from them. Its `spread` tells
        what all of them reach.

    Raises:
        InputError: if something given cannot be used.
        KeyboardInterrupt: after Ctrl-C; what was trained until then is kept.

    Example:

    >>> import contextlib, io, tempfile
    >>> from kerastune import recipes
    >>> with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()):
    ...     given = {"epochs": 1, "repeats": 2, "run_dir": directory}
    ...     result = run_repeats(recipes.linear_regression, **given)
    >>> sorted(result.spread["r2"])
    ['highest', 'lowest', 'mean', 'standard_deviation']
    """
    _, chosen = recipe.bind(*arguments, **options)
    count, seed = chosen["repeats"], chosen["seed"]
    with_defaults({**chosen, "seed": seed + count - 1})
    job = recipe.build(*arguments, **options)
    check(job)
    new = new_run(
        job.name, configuration(job), run_dir=chosen["run_dir"], overwrite=chosen["overwrite"]
    )
    repeats: list[Repeat] = []
    with output.printing(chosen["verbose"]), new as run:
        run.begin()
        try:
            for number in range(count):
                if number:
                    job = recipe.build(*arguments, **{**options, "seed": seed + number})
                output.console().rule(f"Repeat {number + 1} of {count}, seed {seed + number}")
                folder = run.path(f"repeat-{number + 1}")
                job.options = {
                    **job.options,
                    "repeats": 1,
                    "run_dir": folder,
                    "overwrite": False,
                }
                result = run_job(job)
                if not number:
                    first = result
                repeats.append(read_repeat(folder, seed + number))
        except KeyboardInterrupt as error:
            error.args = (str(error).replace(str(run.folder), str(run.directory)),)
            if repeats:
                publish(run, repeats)
            raise
        spread = publish(run, repeats)
        run.finish()
    return replace(first, run_dir=run.directory / FIRST_REPEAT, spread=spread)
