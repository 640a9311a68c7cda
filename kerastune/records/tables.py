"""Runs as tables."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kerastune.display import Column, Table, metrics_table
from kerastune.display.formats import format_duration, format_rate
from kerastune.display.metrics import spread_table
from kerastune.display.table import distinct
from kerastune.display.texts import format_setting
from kerastune.records.differences import Difference
from kerastune.records.record import RunRecord

_PLAN = (
    Column("stage", "text"),
    Column("layer group", "text"),
    Column("parameters"),
    Column("trainable"),
    Column("learning rate", "text", align="right"),
)


def result_table(record: RunRecord) -> Table:
    """Returns the table of a run's metrics beside its baselines; mean and spread of repeats."""
    title, higher = "On the test samples", record.higher_is_better
    if record.spread:
        return spread_table(title, record.spread, record.baselines, higher)
    columns = {"this model": record.metrics, **record.baselines}
    return metrics_table(title, columns, {name: higher.get(name) for name in record.metrics})


def plan_table(rows: Iterable[dict]) -> Table:
    """Returns the table of a plan: what each stage trained, at which rates."""
    return Table(
        "Plan",
        _PLAN,
        tuple(
            (
                *(format_setting(row.get(name)) for name in ("stage", "group")),
                *(row.get(name) or 0 for name in ("parameters", "trainable")),
                format_rate(row["learning_rate"]) if row.get("learning_rate") else "frozen",
            )
            for row in rows
        ),
    )


def differences_table(found: Sequence[Difference], names: tuple[str, str]) -> Table:
    """Returns the settings in which two runs differ."""
    columns = [Column(name, "lines") for name in distinct(["setting", *names])]
    rows = ((one.name, format_setting(one.first), format_setting(one.second)) for one in found)
    return Table("Settings that differ", tuple(columns), tuple(rows))


def results_table(
    found: Sequence[Difference], records: tuple[RunRecord, RunRecord], names: tuple[str, str]
) -> Table:
    """Returns the results of two runs beside each other; the better one is marked."""
    higher = {**records[1].higher_is_better, **records[0].higher_is_better}
    sides = zip(names, ("first", "second"), strict=True)
    columns = {name: {one.name: getattr(one, side) for one in found} for name, side in sides}
    times = (
        f"{name} {format_duration(one.seconds)}" for name, one in zip(names, records, strict=True)
    )
    table = metrics_table(
        "Results",
        columns,
        {one.name: higher.get(one.name) for one in found},
        notes=(f"Time: {', '.join(times)}.",),
    )
    headings = [column.name for column in table.columns]
    change = Column(distinct([*headings, "change"])[-1], "metric", signed=True)
    rows = zip(table.rows, map(_change, found), strict=True)
    return replace(
        table, columns=(*table.columns, change), rows=tuple((*row, by) for row, by in rows)
    )


def _change(one: Difference) -> float | None:
    """Returns the change from the first value to the second."""
    return None if None in (one.first, one.second) else one.second - one.first
