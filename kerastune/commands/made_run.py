"""What the commands share that make a run of finished ones."""

import argparse
from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack
from typing import Any


def add_made_run_options(parser: argparse.ArgumentParser) -> None:
    """Declares where the run is written, and what the runs that it is made of need.

    Args:
        parser: the parser of a command.

    Example:

    >>> parser = argparse.ArgumentParser()
    >>> add_made_run_options(parser)
    >>> parser.parse_args(["--run_dir", "runs/mean"]).run_dir
    'runs/mean'
    """
    add = parser.add_argument
    add("--run_dir", metavar="DIR", help="where it is written (a new directory in runs)")
    add("--overwrite", action="store_true", help="replace a run in it")
    add("--recipe", metavar="FILE", help="the Python file of a recipe of your own")


def quietly_started(runs: Iterable[str], backend: str | None) -> AbstractContextManager[Any]:
    """Returns a context in which a framework may be imported, once the runs are known to exist.

    Args:
        runs: iterable of str, directories of runs, or names of them.
        backend: str, the backend that is asked for, or None.

    Raises:
        InputError: if there is no such run, or no such backend.
    """
    from kerastune import backends
    from kerastune.records import find_record

    for name in runs:
        find_record(name)  # Before a framework is started.
    backends.select(backend)
    from kerastune.backends.quiet_start import quiet_start, without_garbage_collection

    started = ExitStack()
    started.enter_context(quiet_start())
    started.enter_context(without_garbage_collection())
    return started


def print_made_run(found: Any) -> None:
    """Prints a table of what was made, a line for each thing to say, and the run's directory.

    Args:
        found: what is printed as a table, with `lines()` and a `directory`.
    """
    from rich.console import Console

    console = Console()
    console.print(found)
    for line in (*found.lines(), f"Run directory: {found.directory}"):
        console.print(line, soft_wrap=True, markup=False, highlight=False)
