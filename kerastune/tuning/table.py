"""The plan table: a plan resolved against a model, one row a layer group."""

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from rich.table import Table

from kerastune.backends import nested_layers
from kerastune.tuning.freezing import restored_trainability, train_only
from kerastune.tuning.groups import layer_groups
from kerastune.tuning.plan import Plan, Stage

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class PlanRow:
    """One layer group in one stage.

    Args:
        stage: str, the stage's name.
        group: str, the layer group's name.
        parameters: int, the numbers in the group's weights.
        trainable: int, how many of them train in the stage.
        learning_rate: float, the highest rate, or None where nothing trains.
        weight_decay: float, or None where nothing trains.
        batch_norm: str, `"trains"` or `"inference"`, or None without such layers.

    Example:

    >>> PlanRow("probe", "head", 10, 10, 0.01, 0.0, None).learning_rate
    0.01
    """

    stage: str
    group: str
    parameters: int
    trainable: int
    learning_rate: float | None
    weight_decay: float | None
    batch_norm: str | None


@dataclass(frozen=True)
class PlanTable:
    """A plan resolved against a model.

    Args:
        plan: the `Plan`.
        rows: tuple of `PlanRow`, stage by stage, groups from input to output.

    Example:

    >>> from kerastune.tuning import head_only
    >>> row = PlanRow("head", "head", 10, 10, 0.01, 0.0, None)
    >>> PlanTable(head_only(epochs=1, learning_rate=0.01), (row,)).to_dicts()[0]["group"]
    'head'
    """

    plan: Plan
    rows: tuple[PlanRow, ...]

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as dictionaries, for JSON and reports."""
        return [vars(row).copy() for row in self.rows]

    def __rich__(self) -> Table:
        """The table as a terminal shows it: a row a group, a column a stage."""
        table = Table(title=f"Plan: {self.plan.name}", title_justify="left")
        table.add_column("layer group")
        table.add_column("parameters", justify="right")
        for stage in self.plan.stages:
            epochs = f"{stage.epochs} epoch" + "s" * (stage.epochs != 1)
            details = f"{epochs}, {stage.optimizer}, {stage.schedule}"
            table.add_column(f"{stage.name}\n{details}", justify="right")
        groups = list(dict.fromkeys((row.group, row.parameters) for row in self.rows))
        for group, parameters in groups:
            cells = [_cell(row) for row in self.rows if row.group == group]
            table.add_row(group, f"{parameters:,}", *cells)
        table.add_section()
        totals = [
            sum(row.trainable for row in self.rows if row.stage == stage.name)
            for stage in self.plan.stages
        ]
        everything = sum(parameters for _, parameters in groups)
        table.add_row("trainable", f"{everything:,}", *(f"{total:,}" for total in totals))
        return table


def plan_table(model: "keras.Model", plan: Plan) -> PlanTable:
    """Resolve a plan against a model, before anything trains.

    Args:
        model: a built Keras model with a nested backbone.
        plan: the `Plan`.

    Returns:
        A `PlanTable`, with one row for each layer group and stage.

    Raises:
        NoMatchError: if a stage's pattern matches nothing.

    Example:

    >>> import keras
    >>> from kerastune.tuning import head_only
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> model = keras.Sequential([body, keras.layers.Dense(1, name="head_output")])
    >>> table = plan_table(model, head_only(epochs=1, learning_rate=0.01))
    >>> [(row.group, row.parameters, row.trainable) for row in table.rows]
    [('body', 9, 0), ('head', 4, 4)]
    """
    rows = []
    for stage in plan.stages:
        with restored_trainability(model):
            train_only(model, stage.trainable)
            rows += [_row(model, stage, *item) for item in layer_groups(model).items()]
    return PlanTable(plan, tuple(rows))


def _row(model: "keras.Model", stage: Stage, name: str, weights: "list[keras.Variable]") -> PlanRow:
    """What a stage does to one group, read off the model as the stage freezes it."""
    trainable = _size(weight for weight in weights if weight.trainable)
    return PlanRow(
        stage=stage.name,
        group=name,
        parameters=_size(weights),
        trainable=trainable,
        learning_rate=stage.learning_rate if trainable else None,
        weight_decay=stage.weight_decay if trainable else None,
        batch_norm=_batch_norm_mode(model, weights),
    )


def _batch_norm_mode(model: "keras.Model", weights: "list[keras.Variable]") -> str | None:
    """How the group's batch normalization runs in training."""
    import keras

    members = {id(weight) for weight in weights}
    modes = [
        layer.trainable
        for layer in nested_layers(model)
        if isinstance(layer, keras.layers.BatchNormalization)
        and any(id(weight) in members for weight in layer.weights)
    ]
    return None if not modes else "trains" if any(modes) else "inference"


def _cell(row: PlanRow) -> str:
    """What one stage does to one group."""
    text = "frozen" if row.learning_rate is None else f"rate {row.learning_rate:g}"
    if row.learning_rate is not None and row.trainable < row.parameters:
        text += f" ({row.trainable:,})"
    return text if row.batch_norm is None else f"{text}, batch norm {row.batch_norm}"


def _size(weights: Any) -> int:
    """The numbers in some weights."""
    return sum(prod(weight.shape) for weight in weights)
