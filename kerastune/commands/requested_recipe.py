"""A recipe and its options, as they follow a command: `RECIPE [options of the recipe]`."""

import argparse
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError

if TYPE_CHECKING:
    from kerastune.jobs.recipe import Recipe

USAGE = "RECIPE [--help] [options of the recipe]"


@dataclass(frozen=True)
class RequestedRecipe:
    """A recipe that a command was given, and what follows it.

    Args:
        name: str, a name that `kerastune recipes` lists, or `FILE.py:NAME`.
        arguments: list of str, the recipe's options.
        verb: str, the command.
        help: str, what the command takes besides, for its help.
        profile: Path, a profile that `kerastune compare --tune` wrote, or None.
        threads: int, on how many threads of the processor the backend computes, or None.

    Example:

    >>> RequestedRecipe("lenet", ["--epochs", "3"], "run", "").name
    'lenet'
    """

    name: str
    arguments: list[str]
    verb: str
    help: str
    profile: Path | None = None
    threads: int | None = None

    def started(
        self, before: Callable[[dict[str, Any]], None] | None = None
    ) -> "tuple[Recipe[Any], dict[str, Any]]":
        """Reads the options, chooses the backend and starts it.

        Args:
            before: function that is called with the recipe's arguments before the backend starts.
                Defaults to none.

        Returns:
            A tuple of the `Recipe` and a dictionary of its arguments.

        Raises:
            InputError: if there is no such recipe, or an option cannot be used.
        """
        from kerastune import backends
        from kerastune.jobs.recipe_files import find_recipe, is_file
        from kerastune.options.parsing import parse_options
        from kerastune.options.profile import Profile

        arguments, threads = self.arguments, self.threads
        if self.profile is not None:
            profile = Profile.read(self.profile)
            asked = _backend_in(arguments) or backends.asked_backend()
            # What is said beside the profile comes after it, and so counts.
            arguments = [*profile.to_arguments(asked), *arguments]
            threads = threads or profile.threads(asked)
        if threads is not None:
            backends.limit_threads(threads)
        if is_file(self.name):
            # What a user's file imports may choose the backend for good.
            backends.select(_backend_in(arguments))
        recipe = find_recipe(self.name)
        if _ask_for_help(self.arguments) and "\n  --" in self.help:
            print(self.help)
        options = parse_options(recipe, arguments, self.name, self.verb)
        chosen = options.pop("backend")
        if before is not None:
            before(options)
        backends.select(chosen)
        from kerastune.backends.quiet_start import quiet_start, without_garbage_collection

        with quiet_start(), without_garbage_collection():
            backends.devices()
            importlib.import_module("kerastune.jobs.engine")
        return recipe, options


def add_start_options(parser: argparse.ArgumentParser) -> None:
    """Declares how the backend of a recipe is started.

    Args:
        parser: the parser of a command that runs a recipe.
    """
    about = "a profile.yaml of kerastune compare --tune: backend and settings, unless told here"
    parser.add_argument("--profile", type=Path, metavar="FILE", help=about)
    about = "threads of the processor that the backend computes on (its own choice)"
    parser.add_argument("--threads", type=int, metavar="N", help=about)


def requested_recipe(options: argparse.Namespace) -> RequestedRecipe | None:
    """Returns the recipe that the arguments of a command begin with, or that their file is of.

    Args:
        options: what the parser of a command with `takes_recipe_options` read.

    Returns:
        A `RequestedRecipe`; or None where only help was asked for, which is printed.

    Raises:
        InputError: if there is none.

    Example:

    >>> options = {"command": "run", "recipe_arguments": ["lenet", "--epochs", "3"], "help": ""}
    >>> requested_recipe(argparse.Namespace(**options)).arguments
    ['--epochs', '3']
    """
    arguments, verb = options.recipe_arguments, options.command
    start = {name: getattr(options, name, None) for name in ("profile", "threads")}
    if arguments and not arguments[0].startswith("-"):
        return RequestedRecipe(arguments[0], arguments[1:], verb, options.help, **start)
    if _ask_for_help(arguments):
        from kerastune.commands.recipes import list_recipes

        print(options.help)
        list_recipes()
        return None
    from kerastune.jobs.configuration import configured_from, read_configuration

    for _, file in configured_from(arguments):
        if name := read_configuration(file).recipe:
            return RequestedRecipe(name, arguments, verb, options.help, **start)
        raise InputError(
            f"Expected a recipe, or a file with a line such as `recipe: lenet`. Received: '{file}' "
            "without one. See: kerastune recipes"
        )
    received = f"{arguments[0]} in its place" if arguments else "none"
    raise InputError(f"Expected a recipe. Received: {received}. See: kerastune recipes")


def _ask_for_help(arguments: list[str]) -> bool:
    return bool({"-h", "--help"} & set(arguments))


def _backend_in(arguments: list[str]) -> str | None:
    """Returns the backend that a recipe's options ask for, before they are parsed."""
    from kerastune.jobs.configuration import configured_from, read_configuration

    found = None
    for index, argument in enumerate(arguments):
        if argument == "--backend":
            found = next(iter(arguments[index + 1 :]), None)
        elif argument.startswith("--backend="):
            found = argument.partition("=")[2]
    if found is not None:
        return found
    try:
        files = [read_configuration(file) for _, file in configured_from(arguments)]
    except InputError:
        return None  # What is wrong with the file is told when it is parsed.
    return next((file.options["backend"] for file in files if "backend" in file.options), None)
