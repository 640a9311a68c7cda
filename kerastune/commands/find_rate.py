"""`kerastune find-rate`: the learning rates that suit a recipe and its data."""

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from kerastune.commands.command import Command
from kerastune.commands.requested_recipe import (
    USAGE,
    RequestedRecipe,
    add_start_options,
    requested_recipe,
)
from kerastune.files import check_output
from kerastune.options.spelling import spelled_as

if TYPE_CHECKING:
    from kerastune.jobs.job import Job
    from kerastune.tuning.finder.sweep import RateSearch

_NAME = "find-rate"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declares the search; the recipe's options are its own.

    Args:
        parser: the parser of the command.
    """
    parser.usage = f"kerastune {_NAME} {USAGE}"
    add_start_options(parser)
    parser.add_argument("--start", type=float, default=1e-7, help="the first rate (1e-7)")
    parser.add_argument("--end", type=float, default=10.0, help="the last rate (10)")
    parser.add_argument("--steps", type=int, default=100, help="how many rates to try (100)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="draw the curve, a .png file")


def run(options: argparse.Namespace) -> int:
    """Trains a little at growing rates, and print the rates that the loss suggests.

    Args:
        options: what the parser read.

    Returns:
        The exit status.

    Raises:
        InputError: if there is no such recipe, or an option or the data cannot be used.
    """
    check_output(options.output, (".png",))
    asked = requested_recipe(options)
    if asked is None:
        return 0
    recipe, arguments = asked.started()
    from kerastune.jobs.rate_search import search_rate, searched_stage

    job = recipe.build(**arguments)
    stage = searched_stage(job)
    told = (
        f"Trying {options.steps} rates from {options.start:g} to {options.end:g} on "
        f"{len(job.splits.training):,} training samples, as the stage {stage.name!r} of the plan "
        f"{job.chosen_plan.name!r} trains"
    )
    if arguments["verbose"]:
        print(told)
    from kerastune.backends.quiet_start import quiet_start

    with quiet_start():
        search = search_rate(job, start=options.start, end=options.end, steps=options.steps)
    from rich.console import Console

    Console().print(search)
    for line in _next_steps(search, job, asked):
        print(line)
    if options.output:
        from kerastune.display.pictures import save_picture
        from kerastune.evaluation.rate_picture import rate_search_picture

        save_picture(rate_search_picture(search.to_dict()), options.output)
        print(f"Wrote {options.output}")
    return 0


def _next_steps(search: "RateSearch", job: "Job", asked: RequestedRecipe) -> list[str]:
    from kerastune.display.formats import format_rate
    from kerastune.own_plans import is_own_plan

    lines = []
    if job.pretraining is not None or len(job.chosen_plan.stages) > 1:
        lines.append(
            "The weights were those of before any training; a run trains them before this stage."
        )
    rate = format_rate(search.suggestion)
    if is_own_plan(job.asked_plan):
        stage = job.chosen_plan.stages[-1]
        return [*lines, f"Go on: `learning_rate: {rate}` in the stage {stage.name!r} of the plan"]
    again = shlex.join(["kerastune", "run", asked.name, *_without_rate(asked.arguments)])
    return [*lines, f"Go on: {again} --learning_rate {rate}"]


def _without_rate(arguments: list[str]) -> list[str]:
    """Returns the arguments of a recipe without the learning rate."""
    kept, is_rate = [], False
    for argument in arguments:
        name, equals, _ = spelled_as(argument, ["--learning_rate"]).partition("=")
        was_rate, is_rate = is_rate, name == "--learning_rate"
        if not was_rate and not is_rate:
            kept.append(argument)
        is_rate = is_rate and not equals
    return kept


COMMAND = Command(
    _NAME, "find a learning rate for a recipe", add_options, run, takes_recipe_options=True
)
