"""`kerastune evaluate`: measure a finished run on other samples."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kerastune.commands.command import Command
from kerastune.commands.run_options import add_run_options, column_names, load_run
from kerastune.errors import InputError

if TYPE_CHECKING:
    from kerastune.evaluation import Evaluation
    from kerastune.jobs.result import Result


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declares the run, the samples, and what is written.

    Args:
        parser: the parser of the command.
    """
    add_run_options(parser)
    parser.add_argument(
        "--data", required=True, metavar="FILE|FOLDER|NAME", help="samples with their labels"
    )
    parser.add_argument(
        "--label_column", metavar="NAME", help="the column of labels, if named otherwise"
    )
    parser.add_argument("--output", metavar="FILE", help="a .json file for the numbers")
    parser.add_argument("--overwrite", action="store_true", help="replace the output file")


def run(options: argparse.Namespace) -> int:
    """Measures the run on the samples, and prints the numbers beside those of its own test.

    Args:
        options: what the parser read.

    Returns:
        The exit status, 0.

    Raises:
        InputError: if the run, the samples or the output cannot be used.
    """
    output = Path(options.output) if options.output is not None else None
    if output is not None and (
        output.suffix.lower() != ".json" or (output.exists() and not options.overwrite)
    ):
        raise InputError(
            f"Expected a new .json file as output. Received: {output}. Choose another, or add "
            "--overwrite"
        )
    result = load_run(options)
    names = _names(options, result)
    found = result.evaluate(options.data, batch_size=options.batch_size, names=names)
    _print(result, found)
    if output is not None:
        from kerastune.files import write_json

        write_json(output, found.to_dict())
        print(f"Wrote {output}", file=sys.stderr)
    return 0


def _names(options: argparse.Namespace, result: "Result") -> dict[str, str]:
    """Returns the columns that have other names in the data than in the run."""
    names = column_names(options, result)
    if options.label_column is None:
        return names
    if len(result.targets) != 1:
        raise InputError(
            "Expected a run with one target for --label_column. Received: "
            f"{', '.join(result.targets)}. Name the columns so"
        )
    return {**names, result.targets[0]: options.label_column}


def _print(result: "Result", found: "Evaluation") -> None:
    """Prints the numbers beside those of the training, the tables, and the notes."""
    from rich.console import Console

    from kerastune.display import metrics_table
    from kerastune.evaluation.report import evaluation_tables

    console = Console()
    columns = {"these samples": found.to_dict(), "test of the run": result.metrics}
    console.print(metrics_table("Metrics", columns, found.directions, compared=("these samples",)))
    for table in evaluation_tables(found):
        console.print()
        console.print(table)
    for note in found.details.get("notes", ()):
        print(note, file=sys.stderr)


COMMAND = Command("evaluate", "measure a finished run on other samples", add_options, run)
