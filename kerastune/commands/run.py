"""`kerastune run`: run a recipe."""

import argparse
import importlib
from pathlib import Path

from kerastune.commands.command import Command
from kerastune.commands.parser import Parser
from kerastune.commands.quiet_start import quiet_start
from kerastune.errors import InputError, reason


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the recipe; its options are its own.

    Args:
        parser: the parser of the command.
    """
    parser.add_argument(
        "recipe", nargs="?", metavar="RECIPE", help="a name that `recipes` lists, or my_recipe.py"
    )


def run(options: argparse.Namespace) -> int:
    """Run a recipe with the options that follow its name.

    Args:
        options: what the parser read.

    Returns:
        The exit status.

    Raises:
        InputError: if there is no such recipe, an option cannot be used, or a recipe of a
            user's own raises.
    """
    if options.recipe is None:
        if not {"-h", "--help"} & set(options.recipe_arguments):
            raise InputError("Expected a recipe. Received: none. See: kerastune recipes")
        from kerastune.commands.recipes import list_recipes

        print("usage: kerastune run RECIPE [--help] [options of the recipe]\n")
        list_recipes()
        return 0
    return _run_recipe(options.recipe, options.recipe_arguments)


def _run_recipe(name: str, arguments: list[str]) -> int:
    """Parse a recipe's own options, choose the backend, and run it."""
    from kerastune import backends
    from kerastune.jobs.recipe_files import find_recipe, is_file, line_in
    from kerastune.options import parse_options

    if is_file(name):
        # What a user's file imports may choose the backend for good.
        backends.select(_backend_in(arguments))
    recipe = find_recipe(name)
    options = parse_options(recipe, arguments, name)
    backends.select(options.pop("backend"))
    with quiet_start():
        # Keras seeds TensorFlow too, and so loads it, wherever it is installed.
        backends.seed_everything(0)
        backends.devices()
        importlib.import_module("kerastune.jobs.engine")
    try:
        recipe(**options)
    except (InputError, OSError):
        raise
    except Exception as error:
        if not is_file(name):
            raise
        raise InputError(
            f"Expected a recipe that runs. Received: {name}, which raised "
            f"{type(error).__name__}: {reason(error)}{line_in(error, name)}"
        ) from error
    return 0


def _backend_in(arguments: list[str]) -> str | None:
    """The backend that a recipe's options ask for, before they are parsed."""
    parser = Parser(prog="kerastune run", add_help=False, allow_abbrev=False)
    parser.add_argument("--backend")
    parser.add_argument("--config")
    known, _ = parser.parse_known_args(arguments)
    if known.backend is not None or known.config is None:
        return known.backend
    import yaml

    try:
        options = yaml.safe_load(Path(known.config).read_text(encoding="utf-8"))
        return options.get("backend")
    except (OSError, ValueError, AttributeError, yaml.YAMLError):
        return None  # What is wrong with the file is told when it is parsed.


COMMAND = Command("run", "run a recipe", add_options, run, takes_recipe_options=True)
