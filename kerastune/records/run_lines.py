"""A list of runs as lines of text, made for thousands of them."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from textwrap import wrap

from rich.cells import cell_len, chop_cells

from kerastune.display.formats import format_duration, format_value
from kerastune.display.texts import NOTHING, format_name, printable
from kerastune.records.record import RunRecord

_RESULT, _NUMBER, _TIME = 20, 9, 10
_GAPS = 5
_NARROWEST = 20
_INDENT = 2


def run_lines(records: Sequence[RunRecord], folder: Path, width: int = 80) -> Iterator[str]:
    """Yields runs below each other in two lines each.

    What is longer than its column goes on in the next line; nothing is cut. A table of rich
    looks the same and takes ten times as long, a second and more for a thousand runs.

    Args:
        records: sequence of `RunRecord`.
        folder: Path of the folder in which they were found; their names start from it.
        width: int, the columns of the terminal. Defaults to 80.

    Yields:
        Lines, str.

    Example:

    >>> from datetime import datetime
    >>> run = RunRecord(Path("runs/a"), "lenet", "interrupted", datetime(2026, 1, 1), 5, "jax")
    >>> print("\\n".join(list(run_lines([run], Path("runs")))[3:]))
    a                                   interrupted                       2026-01-01
      lenet, jax, –                                                            5.0 s
    """
    first = max(width - _RESULT - _NUMBER - _TIME - _GAPS, _NARROWEST)
    yield from _row(("run", "result, or state", "", "started"), first)
    yield from _row(("recipe, backend, plan", "best baseline", "", "time"), first, _INDENT)
    yield "─" * (first + _RESULT + _NUMBER + _TIME + _GAPS)
    for record in records:
        result, baseline = _results(record)
        parts = (record.recipe, record.backend or NOTHING, record.plan or NOTHING)
        yield from _row(
            (printable(_name(record, folder)), *result, f"{record.started:%Y-%m-%d}"), first
        )
        about = printable(", ".join(parts))
        yield from _row((about, *baseline, format_duration(record.seconds)), first, _INDENT)


def _name(record: RunRecord, folder: Path) -> str:
    """Returns the name of a run, by which `find_record` finds it in the folder."""
    if record.directory == folder:
        return record.name
    return record.directory.relative_to(folder).as_posix()


def _results(record: RunRecord) -> tuple[tuple[str, str], tuple[str, str]]:
    """Returns the first metric and the best baseline, or the state of a run without."""
    metric = record.first_metric
    if metric is None or record.state != "finished":
        return (printable(record.state), ""), ("", "")
    name, reached = record.best_baseline(metric) or ("", None)
    mean = ", mean" if record.spread else ""
    return (
        (f"{format_name(metric)}{mean}", format_value(record.metrics[metric], "metric")),
        (printable(name), format_value(reached, "metric") if name else ""),
    )


def _row(cells: tuple[str, ...], first: int, indent: int = 0) -> Iterator[str]:
    name, result, number, time = cells
    names, results = _folded(name, first - indent), _folded(result, _RESULT)
    for line, (left, middle) in enumerate(zip_longest(names, results, fillvalue="")):
        numbers = f"{number:>{_NUMBER}}  {time:>{_TIME}}" if line == 0 else ""
        left, middle = _padded(" " * indent + left, first), _padded(middle, _RESULT)
        yield f"{left}  {middle} {numbers}".rstrip()


def _folded(text: str, width: int) -> list[str]:
    """Returns a text in lines, between words where that can be."""
    lines = wrap(text, width, break_on_hyphens=False)
    # Some letters take two cells.
    return [part for line in lines for part in chop_cells(line, width)] or [""]


def _padded(text: str, width: int) -> str:
    """Returns a text with blanks up to a width in cells of the terminal."""
    return text + " " * (width - cell_len(text))
