"""`kerastune evaluate`: measure a finished run on other samples."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.commands.command import Command
from kerastune.commands.run_options import add_run_options, column_names, load_run
from kerastune.errors import InputError

if TYPE_CHECKING:
    from kerastune.evaluation import Evaluation
    from kerastune.jobs.result import Result


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the run, the samples, and what is written.

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
    """Measure the run on the samples, and print the numbers beside those of its own test.

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
    """The columns that have other names in the data than in the run."""
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
    """The numbers beside those of the training, the tables, and the notes."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    numbers = Table(title="Metrics", title_justify="left")
    numbers.add_column("metric")
    for heading in ("these samples", "test of the run"):
        numbers.add_column(heading, justify="right")
    for metric in found.metrics:
        before = result.metrics.get(metric.name)
        shown = f"{before:.4f}" if isinstance(before, int | float) else ""
        numbers.add_row(Text(metric.name.replace("_", " ")), f"{metric.value:.4f}", shown)
    console.print(numbers)
    for name, rows in found.tables.items():
        if isinstance(rows, Mapping) and rows:
            console.print(_table(name, rows))
    for note in found.details.get("notes", ()):
        print(note, file=sys.stderr)


def _table(name: str, rows: Mapping[str, Mapping[str, Any]]) -> Any:
    """A table of an evaluation, such as that of the classes."""
    from rich.table import Table
    from rich.text import Text

    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    table = Table(title=name.replace("_", " ").capitalize(), title_justify="left")
    table.add_column("")
    for column in columns:
        table.add_column(Text(column.replace("_", " ")), justify="right")
    for key, row in rows.items():
        values = (row.get(column) for column in columns)
        table.add_row(Text(str(key)), *(_number(value) for value in values))
    return table


def _number(value: Any) -> str:
    """A number of a table as text."""
    return f"{value:.4f}" if isinstance(value, float) else "" if value is None else str(value)


COMMAND = Command("evaluate", "measure a finished run on other samples", add_options, run)
