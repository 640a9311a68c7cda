"""Parsing the command line, with errors of one line."""

import argparse
from typing import NoReturn

from kerastune.errors import InputError


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, told by the command.

    Args:
        **options: as `argparse.ArgumentParser` takes them. Options are never abbreviated.

    Example:

    >>> Parser(prog="kerastune").parse_args(["--verbose"])
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: unrecognized arguments: --verbose. See: kerastune --help
    """

    def error(self, message: str) -> NoReturn:
        """Raises what the command prints.

        Args:
            message: str, what `argparse` found.

        Raises:
            InputError: always.
        """
        raise InputError(f"{message}. See: {self.prog} --help")
