"""What each setting of a stage must be, and which exclude each other."""

from collections.abc import Callable, Mapping
from math import inf, isfinite
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError
from kerastune.tuning.optimizer_objects import (
    check_schedule,
    is_optimizer,
    is_schedule,
    template,
)

if TYPE_CHECKING:
    from kerastune.tuning.stage import Stage

SCHEDULES = ("constant", "cosine", "one_cycle", "slanted_triangular", "polynomial")
OPTIMIZERS = ("adamw", "sgd", "lion", "rmsprop", "adafactor", "muon")
BATCH_NORM_MODES = ("inference", "affine", "statistics")
DROPOUT_MODES = ("on", "off")


def _is_number(value: Any, lowest: float = -inf, highest: float = inf) -> bool:
    """Whether a value is a finite number within bounds."""
    is_real = isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
    return is_real and lowest <= value <= highest


def _is_positive(value: Any) -> bool:
    """Whether a value is a finite number above zero."""
    return _is_number(value) and value > 0


def _is_count(value: Any) -> bool:
    """Whether a value is a whole number of at least one."""
    return isinstance(value, Integral) and _is_number(value, 1)


def _is_text(value: Any) -> bool:
    """Whether a value is text that says something."""
    return isinstance(value, str) and value != ""


def _are_rates(value: Any) -> bool:
    """Whether a value maps patterns to multipliers."""
    return (
        isinstance(value, Mapping)
        and len(value) > 0
        and all(_is_text(pattern) and _is_number(rate, 0) for pattern, rate in value.items())
    )


def _or_none(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """The same rule for a setting that may be None."""
    return lambda value: value is None or holds(value)


# What each setting must be, in words and as a check.
RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "name": ("that is text", _is_text),
    "epochs": ("that is a whole number of at least 1, or None", _or_none(_is_count)),
    "learning_rate": ("above 0 (a Keras schedule goes into `schedule`)", _or_none(_is_positive)),
    "trainable": ("that is a pattern", _is_text),
    "schedule": (
        f"out of {SCHEDULES}, or a LearningRateSchedule object",
        lambda value: is_schedule(value) or value in SCHEDULES,
    ),
    "warmup": ("from 0 to 1, or None", _or_none(lambda value: _is_number(value, 0, 1))),
    "optimizer": (
        f"out of {OPTIMIZERS}, or a Keras optimizer object",
        lambda value: is_optimizer(value) or value in OPTIMIZERS,
    ),
    "weight_decay": ("of at least 0", lambda value: _is_number(value, 0)),
    "clip_norm": ("above 0, or None", _or_none(_is_positive)),
    "steps": ("that is a whole number of at least 1, or None", _or_none(_is_count)),
    "patience": ("that is a whole number of at least 1, or None", _or_none(_is_count)),
    "monitor": ("that is the name of a metric", _is_text),
    "layer_decay": ("above 0, at most 1", lambda value: _is_positive(value) and value <= 1),
    "min_scale": ("from 0 to 1", lambda value: _is_number(value, 0, 1)),
    "rates": ("that maps patterns to numbers of at least 0, or None", _or_none(_are_rates)),
    "lowest_learning_rate": ("above 0, or None", _or_none(_is_positive)),
    "batch_norm": (f"out of {BATCH_NORM_MODES}", BATCH_NORM_MODES.__contains__),
    "dropout": (f"out of {DROPOUT_MODES}", DROPOUT_MODES.__contains__),
    "callbacks": (
        "that is a tuple of Keras callbacks",
        lambda value: (
            isinstance(value, (tuple, list))
            and all(hasattr(callback, "set_model") for callback in value)
        ),
    ),
    "accumulate_gradients": ("that is a whole number of at least 1", _is_count),
    "ema": (
        "above 0 and below 1, or None",
        _or_none(lambda value: _is_positive(value) and value < 1),
    ),
}


def check_together(stage: "Stage") -> None:
    """Refuse settings that are right one by one, and not together."""
    if stage.epochs is None and stage.steps is None:
        raise InputError(f"Expected `epochs` or `steps` in {stage.name!r}. Received: neither")
    per_group = {
        "layer_decay": stage.layer_decay != 1,
        "rates": stage.rates is not None,
        "lowest_learning_rate": stage.lowest_learning_rate is not None,
    }
    chosen = [setting for setting, is_given in per_group.items() if is_given]
    if len(chosen) > 1:
        raise InputError(
            f"Expected one of {', '.join(per_group)} at most in {stage.name!r}. Received: "
            + " and ".join(f"{setting}={getattr(stage, setting)!r}" for setting in chosen)
        )
    if stage.min_scale and chosen not in ([], ["layer_decay"]):
        raise InputError(
            f"Expected `min_scale` with `layer_decay` only in {stage.name!r}. Received: "
            f"min_scale={stage.min_scale!r} with `{chosen[0]}`"
        )


def own(value: Any) -> Any:
    """A value as a stage keeps it: numbers of NumPy, patterns and lists become plain."""
    if is_optimizer(value):
        return template(value)
    if is_schedule(value):
        check_schedule(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, Mapping):
        return {str(name): own(item) for name, item in value.items()}
    return tuple(value) if isinstance(value, list) else value
