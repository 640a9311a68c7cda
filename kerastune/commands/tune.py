"""`kerastune tune`: run a recipe again with other settings until it is good enough."""

import argparse
from pathlib import Path
from typing import Any

from kerastune.commands.command import Command
from kerastune.commands.requested_recipe import USAGE, add_start_options, requested_recipe
from kerastune.errors import InputError
from kerastune.options.spelling import spelled_as

EPILOG = """\
examples:
  kerastune tune mlp --goal accuracy=0.95
  kerastune tune my_recipe.py:mine --data sales.csv --goal r2 --trials 50
  kerastune tune lenet --search learning_rate=1e-4..1e-2:log --search epochs=5..20 --search dropout

Options of the recipe that are given stay as they are; of the others the usual ones are searched,
or those of --search and --space alone. Trials read the training and validation samples; the best
one is measured on the test samples, once, at the end. The same command goes on where the study
was ended, and may run several times at once.

The exit status is 0 where the goal holds on the validation samples, or has no number; 1 where it
does not, or no trial could be measured; 2 where something given cannot be used; 130 after Ctrl-C.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declares the search; the recipe's options are its own.

    Args:
        parser: the parser of the command.
    """
    parser.usage = f"kerastune tune {USAGE}"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    add_start_options(parser)
    add = parser.add_argument
    about = "what is good enough on the validation samples, or a metric alone"
    add("--goal", metavar="METRIC=NUMBER", help=about)
    about = "trials of the study at most, those of former commands included (20)"
    add("--trials", type=int, default=20, metavar="N", help=about)
    about = "an option to search: NAME=low..high[:log], NAME=a,b,c, or NAME for its usual range"
    add("--search", action="append", default=[], metavar="NAME[=…]", help=about)
    add("--space", type=Path, metavar="FILE", help="a YAML file with such ranges by name")
    about = "where the study is: storage, report, a run a trial (studies/RECIPE)"
    add("--study_dir", type=Path, metavar="DIR", help=about)
    about = "run every trial to its end, also a bad one"
    add("--no_pruning", action="store_true", help=about)


def run(options: argparse.Namespace) -> int:
    """Searches, and prints the trials and what was found.

    Args:
        options: what the parser read.

    Returns:
        The exit status: 1 where the goal does not hold.

    Raises:
        InputError: if there is no such recipe, or something given cannot be used.
    """
    asked = requested_recipe(options)
    if asked is None:
        return 0
    if options.goal is None:
        _require_no_goal_as_target(asked.arguments)
    recipe, chosen = asked.started()
    from kerastune.searching import tune
    from kerastune.searching.optuna_library import import_optuna
    from kerastune.searching.report import REPORT
    from kerastune.searching.space_text import parts_of_words

    optuna = import_optuna()
    space = parts_of_words(options.search, options.space) or None
    found = tune(
        recipe,
        space,
        goal=options.goal,
        trials=options.trials,
        study_dir=options.study_dir,
        pruner=optuna.pruners.NopPruner() if options.no_pruning else None,
        **_given(chosen, recipe.defaults, asked.arguments, recipe.own),
    )
    from rich.console import Console

    console = Console(quiet=chosen["verbose"] == 0)
    console.print(found)
    for line in (
        *found.lines(),
        *(
            [f"Best run: {found.directory / f'trial-{found.best}'}"]
            if found.best is not None
            else []
        ),
        f"Report: {found.directory / REPORT}",
    ):
        console.print(line, soft_wrap=True, markup=False, highlight=False)
    is_enough = found.best is not None and (found.goal.value is None or found.is_reached)
    return 0 if is_enough else 1


def _require_no_goal_as_target(arguments: list[str]) -> None:
    """Refuses what looks like a goal where recipes for tables have the column to predict."""
    from kerastune.searching.goal import asked_goal

    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--target", nargs="?")
    given = parser.parse_known_args(arguments)[0].target
    try:
        _, number = asked_goal(given)
    except InputError:
        return
    if number is not None:
        raise InputError(
            "Expected what is good enough as --goal; a recipe's --target is the column to predict. "
            f"Received: --target {given} and no --goal. Write --goal {given}"
        )


def _given(chosen: dict[str, Any], defaults: Any, arguments: list[str], own: Any) -> dict[str, Any]:
    """The options that a person has given: named in the arguments, or other than the default."""
    known = [f"--{name}" for name in chosen]
    named = {spelled_as(one, known).partition("=")[0].removeprefix("--") for one in arguments}
    usual = {**defaults, **{parameter.name: parameter.default for parameter in own}}
    return {
        name: value
        for name, value in chosen.items()
        if name in named or name == "verbose" or value != usual[name]
    }


COMMAND = Command(
    "tune", "tune a recipe until it is good enough", add_options, run, takes_recipe_options=True
)
