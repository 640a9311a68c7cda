"""Parsing the command line, with errors of one line."""

import argparse
import re
from typing import NoReturn

from kerastune.errors import InputError
from kerastune.options.messages import argument_in_words


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, told by the command.

    Args:
        **options: as `argparse.ArgumentParser` takes them. Options are never abbreviated.

    Example:

    >>> Parser(prog="kerastune").parse_args(["--verbose"])
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected an option of kerastune. Received: --verbose. See: ...
    """

    def error(self, message: str) -> NoReturn:
        """Raises what the command prints.

        Args:
            message: str, what `argparse` found.

        Raises:
            InputError: always.
        """
        known = re.findall(r"(?<!\S)--[\w-]+", self.format_help())
        told = argument_in_words(message, known, self.prog)
        raise InputError(f"{told}{'' if told.endswith('?') else '.'} See: {self.prog} --help")
