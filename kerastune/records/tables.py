"""Runs as tables in a terminal, of 80 columns and more."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from kerastune.records.comparison import Difference
from kerastune.records.record import RunRecord
from kerastune.records.words import (
    NOTHING,
    metric_name,
    printable,
    shown_number,
    shown_seconds,
    shown_setting,
)

_SPREAD = ("standard_deviation", "lowest", "highest")


def result_table(record: RunRecord) -> Table:
    """What a run reached, beside its baselines; of one with repeats, mean and spread.

    Args:
        record: the `RunRecord`.

    Returns:
        A table of rich.

    Example:

    >>> from datetime import datetime
    >>> from pathlib import Path
    >>> run = RunRecord(
    ...     Path("a"), "lenet", "finished", datetime(2026, 1, 1), 1, metrics={"accuracy": 0.9}
    ... )
    >>> result_table(run).row_count
    1
    """
    table = _table("On the test samples")
    table.add_column("metric", overflow="fold")
    own = ("mean", "± deviation", "lowest", "highest") if record.spread else ("this model",)
    for name in (*own, *record.baselines):
        table.add_column(Text(printable(name)), justify="right", overflow="fold")
    for name, value in record.metrics.items():
        spread = record.spread.get(name, {})
        more = [spread.get(key) for key in _SPREAD] if record.spread else []
        others = [baseline.get(name) for baseline in record.baselines.values()]
        label = metric_name(name, record.higher_is_better.get(name))
        table.add_row(Text(label), *map(shown_number, (value, *more, *others)))
    return table


def plan_table(rows: Iterable[dict]) -> Table:
    """What each stage of a plan trained, at which rates.

    Args:
        rows: iterable of dictionaries, as `RunRecord.plan_rows` gives them.

    Returns:
        A table of rich.

    Example:

    >>> plan_table([{"stage": "one", "group": "head", "trainable": 11}]).row_count
    1
    """
    table = _table("Plan")
    for heading in ("stage", "layer group"):
        table.add_column(heading, overflow="fold")
    for heading in ("parameters", "trainable", "learning rate"):
        table.add_column(heading, justify="right")
    for row in rows:
        rate = row.get("learning_rate")
        table.add_row(
            *(Text(printable(str(row.get(name, NOTHING)))) for name in ("stage", "group")),
            *(f"{row.get(name) or 0:,}" for name in ("parameters", "trainable")),
            f"{rate:.3g}" if rate else "frozen",
        )
    return table


def differences_table(found: Sequence[Difference], names: tuple[str, str]) -> Table:
    """The settings in which two runs differ.

    Args:
        found: sequence of `Difference`.
        names: tuple of two str, what the runs are called.

    Returns:
        A table of rich.

    Example:

    >>> differences_table([Difference("epochs", 3, 5)], ("a", "b")).row_count
    1
    """
    table = _table("Settings that differ")
    for heading in ("setting", *names):
        table.add_column(Text(printable(heading)), overflow="fold")
    for one in found:
        table.add_row(
            *map(Text, (printable(one.name), *map(shown_setting, (one.first, one.second))))
        )
    return table


def results_table(
    found: Sequence[Difference], records: tuple[RunRecord, RunRecord], names: tuple[str, str]
) -> Table:
    """The results of two runs beside each other; the better one is marked.

    Args:
        found: sequence of `Difference`, one a metric.
        records: tuple of the two `RunRecord`.
        names: tuple of two str, what the runs are called.

    Returns:
        A table of rich.

    Example:

    >>> from datetime import datetime
    >>> from pathlib import Path
    >>> run = RunRecord(Path("a"), "lenet", "finished", datetime(2026, 1, 1), 1)
    >>> results_table([Difference("accuracy", 0.5, 0.6)], (run, run), ("a", "b")).row_count
    2
    """
    table = _table("Results (* is better)")
    table.add_column("metric", overflow="fold")
    for heading in (*names, "change"):
        table.add_column(Text(printable(heading)), justify="right", overflow="fold")
    higher = {**records[1].higher_is_better, **records[0].higher_is_better}
    for one in found:
        marks = _marks(one, higher.get(one.name))
        values = (
            f"{mark}{shown_number(value)}"
            for mark, value in zip(marks, (one.first, one.second), strict=True)
        )
        table.add_row(Text(metric_name(one.name, higher.get(one.name))), *values, _change(one))
    table.add_row("time", *(shown_seconds(record.seconds) for record in records), "")
    return table


def _marks(one: Difference, higher_is_better: bool | None) -> tuple[str, str]:
    """A star before the better of two values."""
    if None in (one.first, one.second, higher_is_better) or one.first == one.second:
        return "", ""
    is_second = (one.second > one.first) is higher_is_better
    return ("", "* ") if is_second else ("* ", "")


def _change(one: Difference) -> str:
    """From the first value to the second."""
    if one.first is None or one.second is None:
        return NOTHING
    change = one.second - one.first
    return f"{'+' if change > 0 else ''}{shown_number(change)}"


def _table(title: str | None = None) -> Table:
    """An empty table in the style of this room."""
    return Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
