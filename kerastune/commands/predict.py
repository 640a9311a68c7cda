"""`kerastune predict`: answer for new inputs with a finished run."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.commands.command import Command
from kerastune.commands.run_options import add_run_options, column_names, load_run
from kerastune.errors import InputError

if TYPE_CHECKING:
    from kerastune.jobs.predicting import Predicted
    from kerastune.jobs.result import Result
    from kerastune.jobs.table_writers import WriteRows


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declares the run, the inputs, and what is written.

    Args:
        parser: the parser of the command.
    """
    add_run_options(parser)
    parser.add_argument(
        "inputs",
        metavar="FILE|FOLDER|-",
        help="a table, a text file with one input a line, an image, a folder, or - for the "
        "standard input",
    )
    parser.add_argument(
        "--output", metavar="FILE", help=".csv, .tsv, .jsonl or .parquet; default: the terminal"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the output file")
    parser.add_argument(
        "--probabilities", action="store_true", help="show the probability of each class"
    )
    parser.add_argument(
        "--top", type=int, default=0, metavar="N", help="show the N most probable classes"
    )
    parser.add_argument(
        "--coverage", type=float, metavar="P", help="probability of intervals (default: 0.9)"
    )


def run(options: argparse.Namespace) -> int:
    """Answers for the inputs, some rows at a time.

    Rows that cannot be predicted get an empty prediction, and are counted on the standard
    error; every row of the inputs has one of the output.

    Args:
        options: what the parser read.

    Returns:
        The exit status, 0.

    Raises:
        InputError: if the run, the inputs or the output cannot be used.
    """
    output = Path(options.output) if options.output is not None else None
    if options.top < 0 or options.batch_size < 1:
        raise InputError(
            f"Expected --top of 0 or more and --batch_size of 1 or more. Received: {options.top} "
            f"and {options.batch_size}"
        )
    if output is not None:
        from kerastune.jobs.table_writers import require_writable

        require_writable(output, overwrite=options.overwrite)
    result = load_run(options)
    try:
        _predict(result, options, output)
    except BrokenPipeError:
        # Whoever reads the standard output, such as `head`, has enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _predict(result: "Result", options: argparse.Namespace, output: Path | None) -> None:
    """Writes the predictions, and tell what could not be predicted."""
    from kerastune.jobs.answer_columns import RequestedAnswers, prediction_tables, require_wanted
    from kerastune.jobs.predicting import inputs_of, predictions

    wanted = RequestedAnswers(options.probabilities, options.top, options.coverage)
    require_wanted(result.head, wanted)
    inputs: Any = sys.stdin if options.inputs == "-" else Path(options.inputs)
    given = inputs_of(result, inputs, options.batch_size, column_names(options, result))
    kinds = {column.kind for column in result.columns.values()}
    faults = _Faults()
    with _writer(output, " " if "tokens" in kinds else "|") as write:
        pieces = faults.counted(predictions(result, given, options.batch_size))
        for table in prediction_tables(result.head, pieces, wanted):
            write(table)
    for note in [*given.notes, *faults.notes()]:
        print(note, file=sys.stderr)
    if output is not None:
        print(f"Wrote {faults.rows:,} rows to {output}", file=sys.stderr)


class _Faults:
    """The rows that could not be predicted: how many, and the first."""

    def __init__(self) -> None:
        self.rows = 0
        self._count = 0
        self._first: str | None = None

    def counted(self, pieces: "Iterator[Predicted]") -> "Iterator[Predicted]":
        """Yields the pieces as they come, whose rows are counted."""
        for found in pieces:
            self.rows += len(found.piece)
            self._count += len(found.faults)
            for at in sorted(found.faults)[:1]:
                fault = f"{found.piece.where(at)}: {found.faults[at]}"
                self._first = self._first or fault
            yield found

    def notes(self) -> list[str]:
        """Returns a line, if there are any that could not."""
        if self._first is None:
            return []
        count = f"{self._count:,} of {self.rows:,}"
        return [f"{count} rows have no prediction; the first is {self._first}"]


@contextmanager
def _writer(output: Path | None, separator: str) -> "Iterator[WriteRows]":
    """Opens a writer of rows to a file, the terminal, or a pipe."""
    from kerastune.jobs.table_writers import csv_stream, shown_cell, table_file

    if output is not None:
        with table_file(output, separator=separator) as write:
            yield write
        return
    if not _is_terminal():
        yield csv_stream(sys.stdout, separator)
        return
    from rich.console import Console

    from kerastune.display import Column, Table

    def show(rows: Any) -> None:
        columns = tuple(Column(name, "lines") for name in rows)
        cells = zip(*rows.values(), strict=True)
        shown = tuple(tuple(shown_cell(one, separator, digits=4) for one in row) for row in cells)
        Console().print(Table("", columns, shown))

    yield show


def _is_terminal() -> bool:
    return sys.stdout.isatty()


COMMAND = Command("predict", "answer for new inputs with a finished run", add_options, run)
