"""What a stage takes from an optimizer or a schedule that is an object."""

from dataclasses import fields
from math import isclose
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError
from kerastune.tuning.object_configs import comparable, object_code
from kerastune.tuning.optimizer_objects import default_learning_rate, is_optimizer, is_schedule

if TYPE_CHECKING:
    from kerastune.tuning.stage import Stage


def given_rate(stage: "Stage") -> Any:
    """What the learning rate of a stage is given by.

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
    if is_schedule(stage.schedule):
        return stage.schedule
    if stage.learning_rate is not None:
        return stage.learning_rate
    return _own_rate(stage)


def is_like(stage: "Stage", former: "Stage") -> bool:
    """Whether the optimizers of two stages remember the same kind of things.

    Args:
        stage: a `Stage`.
        former: the `Stage` before.

    Returns:
        True for the same name; or for objects of one class whose configurations are the same
        but for the learning rate.

    Example:

    >>> from kerastune.tuning import Stage
    >>> is_like(Stage("b", 1, 0.1, optimizer="sgd"), Stage("a", 1, 0.2, optimizer="sgd"))
    True
    """
    one, other = stage.optimizer, former.optimizer
    if isinstance(one, str) or isinstance(other, str):
        return bool(one == other)
    parts = [comparable(optimizer) for optimizer in (one, other)]
    for config, _ in parts:
        config["config"].pop("learning_rate", None)
    return type(one) is type(other) and parts[0] == parts[1]


def optimizer_label(stage: "Stage") -> str:
    """The name of a stage's optimizer, for tables.

    Args:
        stage: the `Stage`.

    Example:

    >>> from kerastune.tuning import Stage
    >>> optimizer_label(Stage("one", epochs=1, learning_rate=0.1))
    'adamw'
    """
    return stage.optimizer if isinstance(stage.optimizer, str) else type(stage.optimizer).__name__


def schedule_label(stage: "Stage") -> str:
    """The name of a stage's schedule, for tables.

    Args:
        stage: the `Stage`.

    Example:

    >>> from kerastune.tuning import Stage
    >>> schedule_label(Stage("one", epochs=1, learning_rate=0.1, schedule="one_cycle"))
    'one cycle'
    """
    rate = given_rate(stage)
    return type(rate).__name__ if is_schedule(rate) else str(stage.schedule).replace("_", " ")


def weight_decay(stage: "Stage") -> float:
    """The weight decay of a stage: its own, or that of its optimizer.

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


def steps_per_update(stage: "Stage") -> int:
    """The steps of a stage whose gradients move the weights once.

    Args:
        stage: the `Stage`.

    Example:

    >>> from kerastune.tuning import Stage
    >>> steps_per_update(Stage("one", epochs=1, learning_rate=0.1, accumulate_gradients=4))
    4
    """
    if isinstance(stage.optimizer, str):
        return stage.accumulate_gradients
    return int(getattr(stage.optimizer, "gradient_accumulation_steps", None) or 1)


def update_labels(stage: "Stage") -> list[str]:
    """What is not as usual in how a stage's optimizer moves weights, for tables.

    Args:
        stage: the `Stage`.

    Returns:
        List of str, one a setting.

    Example:

    >>> from kerastune.tuning import Stage
    >>> update_labels(Stage("one", epochs=1, learning_rate=0.1, clip_norm=None, ema=0.99))
    ['no clipping', 'moving average 0.99']
    """
    labels = []
    if isinstance(stage.optimizer, str):
        usual = {field.name: field.default for field in fields(stage)}
        if stage.weight_decay != usual["weight_decay"]:
            labels.append(f"weight decay {stage.weight_decay:.3g}")
        if stage.clip_norm != usual["clip_norm"]:
            clipped = f"clip norm {stage.clip_norm:.3g}" if stage.clip_norm else "no clipping"
            labels.append(clipped)
    if (steps := steps_per_update(stage)) > 1:
        labels.append(f"{steps} steps a move")
    if stage.ema is not None:
        labels.append(f"moving average {stage.ema:.6g}")
    return labels


def check_objects(stage: "Stage") -> None:
    """Refuse settings beside an object that has its own.

    Args:
        stage: the `Stage`.

    Raises:
        InputError: if something is given twice, or no learning rate is.

    Example:

    >>> from kerastune.tuning import Stage
    >>> check_objects(Stage("one", epochs=1, learning_rate=0.1))
    """
    own = _own_rate(stage)
    if own is not None:
        _refuse_beside_optimizer(stage)
    if is_schedule(own) and (is_schedule(stage.schedule) or stage.schedule != "constant"):
        raise InputError(
            f"Expected one schedule in {stage.name!r}. Received: schedule={_shown(stage.schedule)} "
            f"and {_shown(stage.optimizer)}. Give the optimizer a number for a learning rate"
        )
    scheduled = own if is_schedule(own) else stage.schedule
    if is_schedule(scheduled):
        _refuse_beside_schedule(stage, scheduled)
    if isinstance(own, float):
        _refuse_two_rates(stage, own)
    rate = given_rate(stage)
    if rate is None:
        raise InputError(
            f"Expected `learning_rate` above 0 in {stage.name!r}; only an optimizer or a schedule "
            "of Keras, given as an object, brings its own. Received: learning_rate=None"
        )
    if isinstance(rate, float) and rate <= 0:
        raise InputError(
            f"Expected a learning rate above 0 in {stage.name!r}. Received: "
            f"{_shown(stage.optimizer)}"
        )
    if isinstance(rate, float) and (stage.lowest_learning_rate or 0.0) > rate:
        raise InputError(
            f"Expected `lowest_learning_rate` of at most `learning_rate` in {stage.name!r}. "
            f"Received: {stage.lowest_learning_rate!r} above {rate!r}"
        )


def _refuse_beside_optimizer(stage: "Stage") -> None:
    """Raise if a stage sets what its optimizer has."""
    arguments = {
        "weight_decay": "weight_decay",
        "clip_norm": "global_clipnorm",
        "accumulate_gradients": "gradient_accumulation_steps",
    }
    defaults = {field.name: field.default for field in fields(stage)}
    given = {
        name: getattr(stage, name) for name in arguments if getattr(stage, name) != defaults[name]
    }
    if given:
        received = " and ".join(f"{name}={value!r}" for name, value in given.items())
        instead = ", ".join(f"{arguments[name]}={value!r}" for name, value in given.items())
        raise InputError(
            f"Expected no {' or '.join(f'`{name}`' for name in given)} in {stage.name!r} beside an "
            f"optimizer object, which updates as it was made to. Received: {received} beside "
            f"{_shown(stage.optimizer)}. Give the optimizer {instead}"
        )
    if stage.ema is not None and getattr(stage.optimizer, "use_ema", False):
        raise InputError(
            f"Expected one moving average in {stage.name!r}. Received: ema={stage.ema!r} beside "
            f"{_shown(stage.optimizer)}. Leave one of them out"
        )


def _refuse_beside_schedule(stage: "Stage", schedule: Any) -> None:
    """Raise if a stage sets what its schedule has."""
    names = ("learning_rate", "warmup", "lowest_learning_rate")
    given = {name: value for name in names if (value := getattr(stage, name)) is not None}
    if given:
        received = " and ".join(f"{name}={value!r}" for name, value in given.items())
        instead = ". Use `layer_decay` or `rates`" if "lowest_learning_rate" in given else ""
        raise InputError(
            f"Expected no {' or '.join(f'`{name}`' for name in given)} in {stage.name!r} beside a "
            f"schedule object, whose rates are used as they are. Received: {received} beside "
            f"{_shown(schedule)}{instead}"
        )


def _refuse_two_rates(stage: "Stage", own: float) -> None:
    """Raise if both a stage and its optimizer were given a rate."""
    usual = default_learning_rate(stage.optimizer)
    if usual is not None and isclose(own, usual, rel_tol=1e-6):
        return
    if is_schedule(stage.schedule):
        other = f"schedule={_shown(stage.schedule)}"
    elif stage.learning_rate is not None and not isclose(own, stage.learning_rate, rel_tol=1e-6):
        other = f"learning_rate={stage.learning_rate!r}"
    else:
        return
    raise InputError(
        f"Expected one learning rate in {stage.name!r}. Received: {other} and "
        f"{_shown(stage.optimizer)}. Leave one of them out"
    )


def _own_rate(stage: "Stage") -> Any:
    """The learning rate of the stage's optimizer, or None if that is a name."""
    if not is_optimizer(stage.optimizer):
        return None
    from kerastune.backends.optimizers import own_learning_rate

    return own_learning_rate(stage.optimizer)


def _shown(value: Any) -> str:
    """A setting in a message."""
    return repr(value) if isinstance(value, str) else object_code(value)
