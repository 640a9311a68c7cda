"""A plan for batches that are divided: more steps, whose gradients are accumulated."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kerastune.errors import InputError
from kerastune.tuning.plans.former_sgd import known_sgd
from kerastune.tuning.plans.given_objects import rate_given_by, steps_per_update
from kerastune.tuning.plans.optimizer_objects import is_schedule
from kerastune.tuning.plans.plan import Plan
from kerastune.tuning.plans.stage import Stage


def divided_plan(plan: Plan, parts: Sequence[int]) -> Plan:
    """Returns a plan that moves the weights as before where each batch is divided.

    Args:
        plan: the `Plan`.
        parts: sequence of int, for each stage into how many batches one is divided.

    Returns:
        A `Plan` of the same name.

    Raises:
        InputError: as for `divided_stage`.

    Example:

    >>> plan = Plan("short", [Stage("only", 1, 0.1), Stage("more", learning_rate=0.1, steps=9)])
    >>> divided_plan(plan, [1, 2]).stages[1]
    Stage(name='more', learning_rate=0.1, steps=18, accumulate_gradients=2)
    """
    stages = [divided_stage(stage, count) for stage, count in zip(plan.stages, parts, strict=True)]
    return replace(plan, stages=tuple(stages))


def divided_stage(stage: Stage, parts: int) -> Stage:
    """Returns a stage that moves the weights as before where each batch is divided.

    Args:
        stage: the `Stage`.
        parts: int, into how many batches one is divided; 1 for the same.

    Returns:
        A `Stage` of so many times as many steps, if it counts steps, whose gradients are
        accumulated over so many times as many of them.

    Raises:
        InputError: if the stage has a schedule object, whose steps are its own.

    Example:

    >>> divided_stage(Stage("only", 1, 0.1, accumulate_gradients=2), 4).accumulate_gradients
    8
    """
    if parts == 1:
        return stage
    optimizer: Any = stage.optimizer
    if is_schedule(rate_given_by(optimizer, stage.schedule, None)):
        raise InputError(
            f"Expected a schedule by name in {stage.name!r}, where a batch is divided into {parts} "
            "steps. Received: a schedule object, which counts steps itself. Give a batch_size"
        )
    changed: dict[str, Any] = {}
    if stage.steps is not None:
        changed["steps"] = stage.steps * parts
    if isinstance(optimizer, str):
        changed["accumulate_gradients"] = stage.accumulate_gradients * parts
    else:
        from kerastune.backends.compilation import copy_optimizer

        copy: Any = copy_optimizer(optimizer)
        copy.gradient_accumulation_steps = parts * steps_per_update(optimizer, 1)
        changed["optimizer"] = copy
    with known_sgd():
        return replace(stage, **changed)
