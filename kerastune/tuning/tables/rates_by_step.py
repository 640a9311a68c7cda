"""The learning rate of each layer group at each step of a plan."""

from collections.abc import Mapping, Sequence
from typing import Any

from kerastune.tuning.plans.plan import Plan
from kerastune.tuning.tables.rows import PlanTable


def rates_by_step(
    plan: Plan, table: PlanTable, stages: Sequence[Mapping[str, Any]]
) -> dict[str, list[float]]:
    """Returns the highest learning rate of each layer group at each training step.

    It is what the plan says; what callbacks did to the rate is not in it.

    Args:
        plan: the `Plan`.
        table: the `PlanTable` of the plan.
        stages: sequence of dictionaries, one a stage that was or will be run:
            `planned_steps`, for which the schedule was made, and `steps`, up to which it
            ran.

    Returns:
        Dictionary from the name of a group to a list of rates; 0 where it is frozen.

    Example:

    >>> import keras
    >>> from kerastune.tuning import head_only, plan_table
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> model = keras.Sequential([body, keras.layers.Dense(1)])
    >>> plan = head_only(epochs=1, learning_rate=1.0)
    >>> rates_by_step(plan, plan_table(model, plan), [{"planned_steps": 2, "steps": 2}])
    {'body': [0.0, 0.0], 'head': [1.0, 0.5]}
    """
    # Imports Keras, which what tables need does not.
    from kerastune.tuning.rates.schedules import learning_rates

    found: dict[str, list[float]] = {row.group: [] for row in table.rows}
    for stage, run in zip(plan.stages, stages, strict=True):
        rates = learning_rates(stage, run["planned_steps"])[: run["steps"]]
        for row in table.rows:
            if row.stage == stage.name:
                scale = row.multiplier or 0.0
                # Of float32 more digits than these mean nothing.
                found[row.group] += [float(f"{rate * scale:.6g}") for rate in rates]
    return found
