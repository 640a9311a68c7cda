"""`kerastune recipes`: what can be run."""

import argparse

from kerastune.commands.command import Command
from kerastune.errors import InputError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declares nothing: the list has no options.

    Args:
        parser: the parser of the command.
    """


def list_recipes() -> None:
    """Prints each recipe's name and first line."""
    from kerastune.jobs.recipe_files import find_recipe, recipe_names

    names = recipe_names()
    width = max(map(len, names))
    for name in names:
        try:
            summary = (find_recipe(name).__doc__ or "").splitlines()[0]
        except InputError as error:  # Of a package that cannot be imported.
            summary = str(error)
        print(f"{name:<{width}}  {summary}")


def run(options: argparse.Namespace) -> int:  # noqa: ARG001
    """Prints the recipes.

    Args:
        options: what the parser read.

    Returns:
        The exit status.
    """
    list_recipes()
    return 0


COMMAND = Command("recipes", "list the recipes", add_options, run)
