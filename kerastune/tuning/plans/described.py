"""Rates and labels of a stage, with the settings of its optimizer or schedule."""

from dataclasses import fields
from typing import Any

from kerastune.tuning.plans.given_objects import rate_given_by, steps_per_update
from kerastune.tuning.plans.object_configs import comparable
from kerastune.tuning.plans.optimizer_objects import is_schedule
from kerastune.tuning.plans.stage import Stage


def given_rate(stage: Stage) -> Any:
    """Returns the learning rate of a stage, or the schedule that gives it.

    Args:
        stage: the `Stage`.

    Returns:
        The highest rate, as a float, where a schedule has a name; else the schedule, which is
        the stage's or its optimizer's; None if nothing says how high the rate is.

    Example:

    >>> from kerastune.tuning import Stage
    >>> given_rate(Stage("one", epochs=1, learning_rate=0.1, schedule="cosine"))
    0.1
    """
    return rate_given_by(stage.optimizer, stage.schedule, stage.learning_rate)


def is_like(stage: Stage, former: Stage) -> bool:
    """Returns whether the optimizers of two stages remember the same kind of things.

    Args:
        stage: a `Stage`.
        former: the `Stage` before.

    Returns:
        True for the same name; or for objects of one class whose configurations are the same
        but for the learning rate and the steps whose gradients are accumulated.

    Example:

    >>> from kerastune.tuning import Stage
    >>> is_like(Stage("b", 1, 0.1, optimizer="lion"), Stage("a", 1, 0.2, optimizer="lion"))
    True
    """
    one, other = stage.optimizer, former.optimizer
    if isinstance(one, str) or isinstance(other, str):
        return bool(one == other)
    parts = [comparable(optimizer) for optimizer in (one, other)]
    for config, _ in parts:
        for name in ("learning_rate", "gradient_accumulation_steps"):
            config["config"].pop(name, None)
    return type(one) is type(other) and parts[0] == parts[1]


def optimizer_label(stage: Stage) -> str:
    """Returns the name of a stage's optimizer, for tables.

    Args:
        stage: the `Stage`.

    Example:

    >>> from kerastune.tuning import Stage
    >>> optimizer_label(Stage("one", epochs=1, learning_rate=0.1))
    'adamw'
    """
    return stage.optimizer if isinstance(stage.optimizer, str) else type(stage.optimizer).__name__


def schedule_label(stage: Stage) -> str:
    """Returns the name of a stage's schedule, for tables.

    Args:
        stage: the `Stage`.

    Example:

    >>> from kerastune.tuning import Stage
    >>> schedule_label(Stage("one", epochs=1, learning_rate=0.1, schedule="one_cycle"))
    'one cycle'
    """
    rate = given_rate(stage)
    return type(rate).__name__ if is_schedule(rate) else str(stage.schedule).replace("_", " ")


def weight_decay(stage: Stage) -> float:
    """Returns the weight decay of a stage: its own, or that of its optimizer.

    Args:
        stage: the `Stage`.

    Example:

    >>> from kerastune.tuning import Stage
    >>> weight_decay(Stage("one", epochs=1, learning_rate=0.1))
    0.01
    """
    if isinstance(stage.optimizer, str):
        return stage.weight_decay
    return float(stage.optimizer.weight_decay or 0.0)


def update_labels(stage: Stage) -> list[str]:
    """Returns labels of unusual update settings of a stage, for tables.

    Args:
        stage: the `Stage`.

    Returns:
        List of str, one a setting.

    Example:

    >>> from kerastune.tuning import Stage
    >>> update_labels(Stage("one", epochs=1, learning_rate=0.1, clip_norm=None, ema=0.99))
    ['no clipping', 'moving average 0.99']
    """
    labels = ["from a solved head"] if stage.solve_head else []
    if isinstance(stage.optimizer, str):
        usual = {field.name: field.default for field in fields(stage)}
        if stage.weight_decay != usual["weight_decay"]:
            labels.append(f"weight decay {stage.weight_decay:.3g}")
        if stage.clip_norm != usual["clip_norm"]:
            clipped = f"clip norm {stage.clip_norm:.3g}" if stage.clip_norm else "no clipping"
            labels.append(clipped)
    if (steps := steps_per_update(stage.optimizer, stage.accumulate_gradients)) > 1:
        labels.append(f"{steps} steps a move")
    if stage.pruning is not None:
        labels.append(stage.pruning.label)
    if stage.quantization is not None:
        labels.append(f"as if {stage.quantization}")
    if stage.ema is not None:
        labels.append(f"moving average {stage.ema:.6g}")
    return labels
