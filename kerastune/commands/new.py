"""`kerastune new`: a recipe to start from."""

import argparse

from kerastune.commands.command import Command


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declares the file to write.

    Args:
        parser: the parser of the command.
    """
    parser.add_argument("file", metavar="FILE", help="where to, such as my_recipe.py")


def run(options: argparse.Namespace) -> int:
    """Writes a recipe to start from.

    Args:
        options: what the parser read.

    Returns:
        The exit status.

    Raises:
        InputError: if there is a file already, or its name cannot be that of a recipe.
    """
    from kerastune.jobs.recipe_template import write_recipe

    print(f"Wrote {write_recipe(options.file)}. Run it: kerastune run {options.file}")
    return 0


COMMAND = Command("new", "write a recipe to start from", add_options, run)
