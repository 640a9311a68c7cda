"""Types of a stage's settings: each says in words and by a check what values it has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf, isfinite
from numbers import Integral, Real
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args

from kerastune.tuning.adapters.adapter import Adapter
from kerastune.tuning.plans.optimizer_names import OPTIMIZERS
from kerastune.tuning.plans.optimizer_objects import is_optimizer, is_schedule
from kerastune.tuning.pruning.setting import Pruning

if TYPE_CHECKING:
    import keras

SCHEDULES = ("constant", "cosine", "one_cycle", "slanted_triangular", "polynomial")
BATCH_NORM_MODES = ("inference", "affine", "statistics")
DROPOUT_MODES = ("on", "off")
QUANTIZATIONS = ("int8", "int4")


@dataclass(frozen=True)
class Constraint:
    """A condition on the value of a setting.

    Args:
        description: str, in words that follow its name, such as `above 0`.
        holds: function that tells of a value whether it is so.
    """

    description: str
    holds: Callable[[Any], bool] = field(repr=False)


def constraint_of(setting_type: Any) -> Constraint:
    """Returns the condition on settings of some type.

    Args:
        setting_type: one of the types below, or such a one `| None`.

    Example:

    >>> constraint_of(Count | None).description, constraint_of(Count | None).holds(0)
    ('that is a whole number of at least 1, or None', False)
    """
    if NoneType not in get_args(setting_type):
        return setting_type.__metadata__[0]
    inner = constraint_of(get_args(setting_type)[0])
    return Constraint(
        f"{inner.description}, or None", lambda value: value is None or inner.holds(value)
    )


def _is_number(value: Any, lowest: float = -inf, highest: float = inf) -> bool:
    is_real = isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
    return is_real and lowest <= value <= highest


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _are_rates(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and len(value) > 0
        and all(_is_text(pattern) and _is_number(rate, 0) for pattern, rate in value.items())
    )


def _are_callbacks(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and all(hasattr(one, "set_model") for one in value)


Text = Annotated[str, Constraint("that is text", _is_text)]
Pattern = Annotated[str, Constraint("that is a pattern", _is_text)]
MetricName = Annotated[str, Constraint("that is the name of a metric", _is_text)]
Count = Annotated[
    int,
    Constraint(
        "that is a whole number of at least 1",
        lambda value: isinstance(value, Integral) and _is_number(value, 1),
    ),
]
Positive = Annotated[float, Constraint("above 0", _is_positive)]
LearningRate = Annotated[
    float, Constraint("above 0 (a Keras schedule goes into `schedule`)", _is_positive)
]
NotNegative = Annotated[float, Constraint("of at least 0", lambda value: _is_number(value, 0))]
Share = Annotated[float, Constraint("from 0 to 1", lambda value: _is_number(value, 0, 1))]
Decay = Annotated[
    float, Constraint("above 0, at most 1", lambda value: _is_positive(value) and value <= 1)
]
Momentum = Annotated[
    float, Constraint("above 0 and below 1", lambda value: _is_positive(value) and value < 1)
]
Multipliers = Annotated[
    dict[str, float], Constraint("that maps patterns to numbers of at least 0", _are_rates)
]
Switch = Annotated[bool, Constraint("that is true or false", lambda value: isinstance(value, bool))]
BatchNormMode = Annotated[
    str, Constraint(f"out of {BATCH_NORM_MODES}", BATCH_NORM_MODES.__contains__)
]
DropoutMode = Annotated[str, Constraint(f"out of {DROPOUT_MODES}", DROPOUT_MODES.__contains__)]
Schedule = Annotated[
    Union[str, "keras.optimizers.schedules.LearningRateSchedule"],
    Constraint(
        f"out of {SCHEDULES}, or a LearningRateSchedule object",
        lambda value: is_schedule(value) or value in SCHEDULES,
    ),
]
Optimizer = Annotated[
    Union[str, "keras.optimizers.Optimizer"],
    Constraint(
        f"out of {OPTIMIZERS}, or a Keras optimizer object",
        lambda value: is_optimizer(value) or value in OPTIMIZERS,
    ),
]
Adapters = Annotated[
    Adapter,
    Constraint(
        "that is adapters, such as `LoRA(rank=8)`", lambda value: isinstance(value, Adapter)
    ),
]
Quantization = Annotated[str, Constraint(f"out of {QUANTIZATIONS}", QUANTIZATIONS.__contains__)]
PrunedWeights = Annotated[
    Pruning,
    Constraint("that is pruning, such as `Pruning(0.8)`", lambda value: isinstance(value, Pruning)),
]
Callbacks = Annotated[
    "tuple[keras.callbacks.Callback, ...]",
    Constraint("that is a tuple of Keras callbacks", _are_callbacks),
]
