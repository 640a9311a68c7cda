"""A command of the command line."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One command of `kerastune`.

    Args:
        name: str, what a person types, with hyphens between words.
        help: str, what `kerastune --help` says of it, in a few words.
        add_options: function that declares the command's arguments on its parser. It
            imports no framework.
        run: function from what the parser read to the exit status. It raises `InputError`
            for what a person can mend, imports what it needs itself, and prints its answer
            to the standard output.
        takes_recipe_options: bool, whether the command passes on a recipe and its options:
            whatever its own parser does not know, `--help` included, is then the list
            `recipe_arguments` of what the parser read, beside `help`, a str, for
            `kerastune.commands.requested_recipe`. Defaults to False.

    Example:

    >>> hello = Command("hello", "say hello", lambda parser: None, lambda options: 0)
    >>> hello.run(argparse.Namespace())
    0
    """

    name: str
    help: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    takes_recipe_options: bool = False
