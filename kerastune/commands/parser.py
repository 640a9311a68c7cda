"""Parsing the command line, with errors of one line."""

import argparse
import re
import sys
from typing import Any, NoReturn

from kerastune.errors import InputError
from kerastune.options.messages import argument_in_words
from kerastune.options.spelling import spelled_as


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, and whose options take hyphens for underscores.

    Args:
        **options: as `argparse.ArgumentParser` takes them. Options are never abbreviated.

    Example:

    >>> Parser(prog="kerastune").parse_args(["--verbose"])
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected an option of kerastune. Received: --verbose. See: ...
    """

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parses as `argparse` does, with each option spelled as it was added.

        Args:
            args: sequence of str.
            namespace: the `argparse.Namespace` to fill. Defaults to a new one.
        """
        arguments = sys.argv[1:] if args is None else list(args)
        end = arguments.index("--") if "--" in arguments else len(arguments)
        spelled = [spelled_as(one, self._option_string_actions) for one in arguments[:end]]
        return super().parse_known_args([*spelled, *arguments[end:]], namespace)

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
