"""`kerastune runs`: the runs there are, and what differs between two."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kerastune.commands.command import Command
from kerastune.errors import InputError
from kerastune.files import check_output

if TYPE_CHECKING:
    from kerastune.records import Listing, RunRecord


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declares the folder, and the two runs to compare.

    Args:
        parser: the parser of the command.
    """
    parser.add_argument(
        "directory",
        nargs="?",
        default=Path("runs"),
        type=Path,
        metavar="DIR",
        help="where the runs are: in it or in the folders right in it (default: runs)",
    )
    parser.add_argument(
        "--compare",
        nargs=2,
        metavar=("A", "B"),
        help="what differs between two runs; names in DIR, or run directories",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="with --compare: draw their learning curves over one another into a .png file",
    )


def run(options: argparse.Namespace) -> int:
    """Prints the table of runs, or of what differs.

    Args:
        options: what the parser read.

    Returns:
        The exit status.

    Raises:
        InputError: if there is no such folder or run.
    """
    from kerastune.records import find_record, list_records

    if options.compare is None:
        if options.output:
            raise InputError(
                "Expected --output with --compare A B. Received: it alone, and a table of runs has "
                "no curves"
            )
        _list(list_records(options.directory), options.directory)
        return 0
    check_output(options.output, (".png",))
    first, second = (find_record(name, options.directory) for name in options.compare)
    if first.directory.resolve() == second.directory.resolve():
        raise InputError(f"Expected two runs to compare. Received: '{first.directory}' twice")
    _compare(first, second)
    if options.output:
        _draw(first, second, options.output)
    return 0


def _list(listing: "Listing", folder: Path) -> None:
    """Prints the runs, and what could not be read."""
    from rich.console import Console

    from kerastune.display.texts import printable
    from kerastune.records.run_lines import run_lines

    if listing.records:
        print("\n".join(run_lines(listing.records, folder, Console().width)))
    else:
        print(f"No runs in '{folder}'. A run makes one: kerastune run RECIPE")
    for line in listing.broken:
        print(f"kerastune: cannot read {printable(line)}", file=sys.stderr)
    if listing.foreign:
        names = ", ".join(printable(str(path)) for path in listing.foreign)
        print(f"kerastune: no runs, left out: {names}", file=sys.stderr)


def _compare(first: "RunRecord", second: "RunRecord") -> None:
    """Prints in what two runs differ."""
    from rich.console import Console

    from kerastune.records import differences, results_beside
    from kerastune.records.tables import differences_table, results_table

    console = Console()
    found = differences(first, second)
    names = _names(first, second)
    if found:
        console.print(differences_table(found, names))
    else:
        console.print("No setting differs.")
    console.print()
    console.print(results_table(results_beside(first, second), (first, second), names))


def _draw(first: "RunRecord", second: "RunRecord", output: Path) -> None:
    """Draws the curves of two runs into a file."""
    from kerastune.display.pictures import save_picture
    from kerastune.evaluation.compared_curves import compared_curves

    records = zip(_names(first, second), (first, second), strict=True)
    histories = {name: record.history() for name, record in records}
    save_picture(compared_curves(histories), output)
    print(f"Wrote {output}")


def _names(first: "RunRecord", second: "RunRecord") -> tuple[str, str]:
    """Returns the names of two runs, with their folders where the names are one."""
    if first.name != second.name:
        return first.name, second.name
    return str(first.directory), str(second.directory)


COMMAND = Command("runs", "list runs, and compare two", add_options, run)
