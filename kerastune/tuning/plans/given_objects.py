"""Optimizers and schedules that a stage is given as objects, beside its other settings."""

from collections.abc import Mapping
from math import isclose
from typing import Any

from kerastune.errors import InputError
from kerastune.tuning.plans.object_configs import object_code
from kerastune.tuning.plans.optimizer_objects import (
    default_learning_rate,
    is_optimizer,
    is_schedule,
)

# The settings of a stage that an optimizer object has itself, by its name for them.
_OF_OPTIMIZERS = {
    "weight_decay": "weight_decay",
    "clip_norm": "global_clipnorm",
    "accumulate_gradients": "gradient_accumulation_steps",
}
_OF_SCHEDULES = ("learning_rate", "warmup", "lowest_learning_rate")

Settings = Mapping[str, Any]


def rate_given_by(optimizer: Any, schedule: Any, learning_rate: float | None) -> Any:
    """Returns the learning rate, or the schedule that gives it, for some settings.

    Args:
        optimizer: str or a Keras optimizer.
        schedule: str or a Keras schedule.
        learning_rate: float or None.

    Returns:
        The highest rate, as a float, where a schedule has a name; else the schedule; None if
        nothing says how high the rate is.

    Example:

    >>> rate_given_by("adamw", "cosine", 0.1)
    0.1
    """
    if is_schedule(schedule):
        return schedule
    return _own_rate(optimizer) if learning_rate is None else learning_rate


def steps_per_update(optimizer: Any, accumulate_gradients: int) -> int:
    """Returns the steps whose gradients move the weights once.

    Args:
        optimizer: str or a Keras optimizer, which has its own setting for it.
        accumulate_gradients: int, that of the stage.

    Example:

    >>> steps_per_update("adamw", 4)
    4
    """
    if isinstance(optimizer, str):
        return accumulate_gradients
    return int(getattr(optimizer, "gradient_accumulation_steps", None) or 1)


def check_objects(settings: Settings, defaults: Settings) -> None:
    """Refuses settings beside an object that has its own.

    Args:
        settings: dictionary from each setting of a stage to its value.
        defaults: dictionary from each setting to its default.

    Raises:
        InputError: if something is given twice, or no learning rate is.

    Example:

    >>> defaults = {"learning_rate": None, "optimizer": "adamw", "schedule": "constant"}
    >>> settings = {**defaults, "name": "one", "learning_rate": 0.1, "lowest_learning_rate": None}
    >>> check_objects(settings, defaults)
    """
    name, optimizer, schedule = (settings[key] for key in ("name", "optimizer", "schedule"))
    own = _own_rate(optimizer)
    if own is not None:
        _refuse_beside_optimizer(settings, defaults)
    if is_schedule(own) and schedule != "constant":
        raise InputError(
            f"Expected one schedule in {name!r}. Received: schedule={_brief(schedule)} "
            f"and {_brief(optimizer)}. Give the optimizer a number for a learning rate"
        )
    scheduled = own if is_schedule(own) else schedule
    if is_schedule(scheduled):
        _refuse_beside_schedule(settings, scheduled)
    if isinstance(own, float):
        _refuse_two_rates(settings, own)
    rate = rate_given_by(optimizer, schedule, settings["learning_rate"])
    if rate is None:
        raise InputError(
            f"Expected `learning_rate` above 0 in {name!r}; only an optimizer or a schedule "
            "of Keras, given as an object, brings its own. Received: learning_rate=None"
        )
    if isinstance(rate, float) and rate <= 0:
        raise InputError(
            f"Expected a learning rate above 0 in {name!r}. Received: {_brief(optimizer)}"
        )
    lowest = settings["lowest_learning_rate"]
    if isinstance(rate, float) and (lowest or 0.0) > rate:
        raise InputError(
            f"Expected `lowest_learning_rate` of at most `learning_rate` in {name!r}. "
            f"Received: {lowest!r} above {rate!r}"
        )


def _refuse_beside_optimizer(settings: Settings, defaults: Settings) -> None:
    """Raises if a stage sets what its optimizer has."""
    name, optimizer = settings["name"], settings["optimizer"]
    given = {key: settings[key] for key in _OF_OPTIMIZERS if settings[key] != defaults[key]}
    if given:
        instead = ", ".join(f"{_OF_OPTIMIZERS[key]}={value!r}" for key, value in given.items())
        raise InputError(
            f"Expected no {_named(given)} in {name!r} beside an optimizer object, which updates "
            f"as it was made to. Received: {_received(given)} beside {_brief(optimizer)}. Give "
            f"the optimizer {instead}"
        )
    if settings["ema"] is not None and getattr(optimizer, "use_ema", False):
        raise InputError(
            f"Expected one moving average in {name!r}. Received: ema={settings['ema']!r} beside "
            f"{_brief(optimizer)}. Leave one of them out"
        )


def _refuse_beside_schedule(settings: Settings, schedule: Any) -> None:
    """Raises if a stage sets what its schedule has."""
    given = {key: settings[key] for key in _OF_SCHEDULES if settings[key] is not None}
    if given:
        instead = ". Use `layer_decay` or `rates`" if "lowest_learning_rate" in given else ""
        raise InputError(
            f"Expected no {_named(given)} in {settings['name']!r} beside a schedule object, whose "
            f"rates are used as they are. Received: {_received(given)} beside {_brief(schedule)}"
            f"{instead}"
        )


def _refuse_two_rates(settings: Settings, own: float) -> None:
    """Raises if both a stage and its optimizer were given a rate."""
    optimizer, schedule = settings["optimizer"], settings["schedule"]
    learning_rate, usual = settings["learning_rate"], default_learning_rate(optimizer)
    if usual is not None and isclose(own, usual, rel_tol=1e-6):
        return
    if is_schedule(schedule):
        other = f"schedule={_brief(schedule)}"
    elif learning_rate is not None and not isclose(own, learning_rate, rel_tol=1e-6):
        other = f"learning_rate={learning_rate!r}"
    else:
        return
    raise InputError(
        f"Expected one learning rate in {settings['name']!r}. Received: {other} and "
        f"{_brief(optimizer)}. Leave one of them out"
    )


def _own_rate(optimizer: Any) -> Any:
    """Returns the learning rate of an optimizer, or None if that is a name."""
    if not is_optimizer(optimizer):
        return None
    from kerastune.backends.optimizers import own_learning_rate

    return own_learning_rate(optimizer)


def _named(given: Settings) -> str:
    return " or ".join(f"`{name}`" for name in given)


def _received(given: Settings) -> str:
    return " and ".join(f"{name}={value!r}" for name, value in given.items())


def _brief(value: Any) -> str:
    return repr(value) if isinstance(value, str) else object_code(value)
