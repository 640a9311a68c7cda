"""Options that the commands share which use a finished run."""

import argparse
from typing import TYPE_CHECKING

from kerastune.errors import InputError

if TYPE_CHECKING:
    from kerastune.jobs.result import Result

_COLUMNS = {"text_column": "text", "image_column": "image", "tokens_column": "tokens"}


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Declares the run, and how it is read.

    Args:
        parser: the parser of a command.

    Example:

    >>> parser = argparse.ArgumentParser()
    >>> add_run_options(parser)
    >>> parser.parse_args(["runs/mine", "--backend", "jax"]).run_dir
    'runs/mine'
    """
    parser.add_argument("run_dir", metavar="RUN", help="the directory of a finished run")
    parser.add_argument("--recipe", metavar="FILE", help="a Python file with classes that it needs")
    parser.add_argument(
        "--backend", metavar="NAME", help="tensorflow, jax or torch, whatever the run was made on"
    )
    parser.add_argument(
        "--batch_size", type=int, default=64, metavar="N", help="inputs a step (default: 64)"
    )
    for option, kind in _COLUMNS.items():
        parser.add_argument(
            f"--{option}",
            metavar="NAME",
            help=f"the column of kind {kind}, where the data call it otherwise than the run",
        )


def load_run(options: argparse.Namespace) -> "Result":
    """Reads the run that the options name, on the backend that they ask for.

    Args:
        options: what the parser read.

    Returns:
        The `Result`.

    Raises:
        InputError: if it is no finished run.
    """
    from kerastune import backends

    backends.select(options.backend)
    from kerastune.backends.quiet_start import quiet_start, without_garbage_collection

    with quiet_start(), without_garbage_collection():
        from kerastune.jobs.loading import load

        return load(options.run_dir, options.recipe)


def column_names(options: argparse.Namespace, result: "Result") -> dict[str, str]:
    """Returns the columns that have other names in the data than in the run.

    Args:
        options: what the parser read.
        result: the `Result`.

    Returns:
        Dictionary from the name in the run to that in the data.

    Raises:
        InputError: if the run reads no input of that kind.
    """
    names = {}
    for option, kind in _COLUMNS.items():
        given = getattr(options, option)
        if given is None:
            continue
        found = [n for n in result.preprocessor.columns if result.columns[n].kind == kind]
        if len(found) != 1:
            from kerastune.data.single_inputs import described_inputs

            columns = {name: result.columns[name] for name in result.preprocessor.columns}
            raise InputError(
                f"Expected a run with one input of kind {kind} for --{option}. Received: "
                f"{options.run_dir}. {described_inputs(columns)}"
            )
        names[found[0]] = given
    return names
