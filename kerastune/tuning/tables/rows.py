"""The plan table: one row a layer group, one column a stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kerastune.display import AsTable, Column, Table
from kerastune.display.formats import format_rate
from kerastune.display.table import distinct
from kerastune.renamed import warn_renamed


@dataclass(frozen=True)
class PlanRow:
    """One layer group in one stage.

    Args:
        stage: str, the stage's name.
        group: str, the layer group's name.
        parameters: int, the numbers in the group's weights.
        statistics: int, how many of them never train, such as those of batch
            normalization.
        trainable: int, how many of them train in the stage.
        learning_rate: float, the highest rate, or None where nothing trains or the rate
            is not known.
        slowest_learning_rate: float, the highest rate of those weights of the group that
            train slowest; None as for `learning_rate`. A schedule makes both lower.
        weight_decay: float, or None where nothing trains.
        batch_norm: str, `"trains"`, `"statistics"` (only they move) or `"inference"`, all
            that the group has, or None without such layers.
        multiplier: float, the highest by which the stage's rate is multiplied in the group,
            or None as for `learning_rate`; it is known where the rate is not.
        lowest_multiplier: float, the lowest, or None likewise.

    Example:

    >>> PlanRow("probe", "head", 10, 0, 10, 0.01, 0.01, 0.0, None).learning_rate
    0.01
    """

    stage: str
    group: str
    parameters: int
    statistics: int
    trainable: int
    learning_rate: float | None
    slowest_learning_rate: float | None
    weight_decay: float | None
    batch_norm: str | None
    multiplier: float | None = None
    lowest_multiplier: float | None = None


@dataclass(frozen=True, repr=False)
class PlanTable(AsTable):
    """Table of what trains in each stage of a plan, or in a model as it is.

    Args:
        title: str, what the table is about.
        stages: dictionary from the name of a stage to what else is to be known of it.
        rows: tuple of `PlanRow`, stage by stage, groups from input to output.
        notes: tuple of str, what else to say under the table.

    Example:

    >>> row = PlanRow("now", "head", 10, 0, 10, 0.01, 0.01, 0.0, None)
    >>> PlanTable("What trains", {"now": ""}, (row,)).to_dicts()[0]["group"]
    'head'
    """

    title: str
    stages: Mapping[str, str]
    rows: tuple[PlanRow, ...]
    notes: tuple[str, ...] = ()

    def to_dicts(self) -> list[dict[str, Any]]:
        """Returns the rows as dictionaries, for JSON and reports."""
        return [vars(row).copy() for row in self.rows]

    def by_stage(self) -> list[dict[str, Any]]:
        """Returns the rows of `to_table`, and of the sums, as dictionaries: its former form."""
        warn_renamed("PlanTable.by_stage", "PlanTable.to_table")
        table = self.to_table()
        names = [f"{one.name}\n{one.details}".strip() for one in table.columns]
        return [dict(zip(names, row, strict=True)) for row in (*table.rows, table.total or ())]

    @property
    def explanations(self) -> tuple[str, ...]:
        """tuple of str, what to say under the table."""
        told = list(self.notes)
        if any(_is_range(row) for row in self.rows):
            told.append(
                "Rates are the highest of the schedule, from the slowest weights of a group to "
                "the fastest."
            )
        if any(row.batch_norm for row in self.rows):
            told.append("Batch normalization trains where its group does, else inference mode.")
        return tuple(told)

    def to_table(self) -> Table:
        """Returns a row a layer group and a column a stage, with the numbers that train below."""
        # A stage may be called like a column beside it.
        group, parameters, *stages = distinct(["layer group", "parameters", *self.stages])
        groups = dict.fromkeys((row.group, row.parameters) for row in self.rows)
        trained = {stage: [row for row in self.rows if row.stage == stage] for stage in self.stages}
        columns = (
            Column(group, "text"),
            Column(parameters),
            *(
                Column(name, "lines", details=details, align="right")
                for name, details in zip(stages, self.stages.values(), strict=True)
            ),
        )
        rows = tuple(
            (name, size, *(_cell(row) for row in self.rows if row.group == name))
            for name, size in groups
        )
        total = (
            "trainable",
            sum(size for _, size in groups),
            *(f"{sum(row.trainable for row in rows):,}" for rows in trained.values()),
        )
        return Table(self.title, columns, rows, self.explanations, total)


def _cell(row: PlanRow) -> str:
    if not row.trainable:
        text = "frozen"
    elif row.learning_rate is not None:
        text = _range(row.slowest_learning_rate, row.learning_rate)
    elif row.multiplier is not None:
        text = "rate × " + _range(row.lowest_multiplier, row.multiplier)
    else:
        text = "trains"
    if 0 < row.trainable < row.parameters - row.statistics:
        text += f"\nof {row.trainable:,}"
    usual = "trains" if row.trainable else "inference"
    return text if row.batch_norm in (None, usual) else f"{text}\nbatch norm {row.batch_norm}"


def _is_range(row: PlanRow) -> bool:
    lowest, highest = row.lowest_multiplier, row.multiplier
    return lowest is not None and highest is not None and lowest < highest


def _range(lowest: float | None, highest: float) -> str:
    """Returns two numbers as text, or one if they are the same."""
    if lowest is None or lowest >= highest:
        return format_rate(highest)
    return f"{format_rate(lowest)} to {format_rate(highest)}"
