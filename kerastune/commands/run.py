"""`kerastune run`: run a recipe."""

import argparse

from kerastune.commands.command import Command
from kerastune.commands.requested_recipe import USAGE, add_start_options, requested_recipe
from kerastune.errors import InputError, reason


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describes what the command takes; the recipe's options are its own.

    Args:
        parser: the parser of the command.
    """
    parser.usage = f"kerastune run {USAGE}"
    add_start_options(parser)


def run(options: argparse.Namespace) -> int:
    """Runs a recipe with the options that follow its name.

    Args:
        options: what the parser read.

    Returns:
        The exit status.

    Raises:
        InputError: if there is no such recipe, an option cannot be used, or a recipe of a
            user's own raises.
    """
    asked = requested_recipe(options)
    if asked is None:
        return 0
    from kerastune.jobs.recipe_files import is_file, line_in

    recipe, chosen = asked.started()
    try:
        recipe(**chosen)
    except (InputError, OSError):
        raise
    except Exception as error:
        if not is_file(asked.name):
            raise
        raise InputError(
            f"Expected a recipe that runs. Received: {asked.name}, which raised "
            f"{type(error).__name__}: {reason(error)}{line_in(error, asked.name)}"
        ) from error
    return 0


COMMAND = Command("run", "run a recipe", add_options, run, takes_recipe_options=True)
