"""`kerastune report`: the result of a run again, from its files."""

import argparse
import sys
from typing import TYPE_CHECKING

from kerastune.commands.command import Command
from kerastune.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from kerastune.records import RunRecord


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declares the run.

    Args:
        parser: the parser of the command.
    """
    parser.add_argument("run", metavar="RUN", help="a run directory, or the name of one in runs")
    parser.add_argument("--open", action="store_true", help="open report.html in the browser")


def run(options: argparse.Namespace) -> int:
    """Prints the notes, the plan, the metrics beside the baselines, the verdict and the report.

    Args:
        options: what the parser read.

    Returns:
        The exit status.

    Raises:
        InputError: if there is no such run, or a report that is to be opened.
    """
    import webbrowser

    from rich.console import Console

    from kerastune.records import find_record

    record = find_record(options.run)
    console = Console()
    _print(record, console)
    page = record.directory / "report.html"
    if not page.is_file():
        told = f"There is no report.html in '{record.directory}'. {_what_to_do(record)}"
        if options.open:
            raise InputError(f"Expected a run with a report.html. Received: none. {told}")
        print(told, file=sys.stderr)
        return 0
    _line(console, f"Report: {page}")
    if options.open and not webbrowser.open(page.resolve().as_uri()):
        raise InputError(f"Expected a browser to open. Received: none. Open {page.resolve()}")
    return 0


def _print(record: "RunRecord", console: "Console") -> None:
    """Prints what the files of a run tell."""
    from kerastune.display.formats import format_duration
    from kerastune.display.texts import NOTHING, printable
    from kerastune.records.tables import plan_table, result_table

    _line(
        console,
        f"{printable(record.recipe)} on {record.backend or NOTHING}, plan "
        f"{printable(record.plan or NOTHING)}: {printable(record.state)}, started "
        f"{record.started:%Y-%m-%d %H:%M}, {format_duration(record.seconds)}",
    )
    for note in record.notes:
        _line(console, printable(note))
    if rows := record.plan_rows():
        console.print(plan_table(rows))
        console.print()
    if record.metrics:
        console.print(result_table(record))
        for line in record.verdict:
            _line(console, printable(line))
    elif epochs := record.history()["epochs"]:
        last = ", ".join(f"{name} {value}" for name, value in epochs[-1].items())
        _line(console, printable(f"Not measured on the test samples. Last epoch: {last}"))
    else:
        _line(console, "Not measured on the test samples.")


def _what_to_do(record: "RunRecord") -> str:
    again = f"kerastune run --config {record.directory / 'config.yaml'}"
    if record.state == "finished":
        return f"A finished run writes one: copy the directory whole, or run it again: {again}"
    return f"The run is {record.state}, and a finished one writes it: {again}"


def _line(console: "Console", text: str) -> None:
    """Prints a line as it is, however long."""
    console.print(text, soft_wrap=True, markup=False, highlight=False)


COMMAND = Command("report", "show the result of a run again", add_options, run)
