"""Optimizers and learning-rate schedules of Keras as settings of a stage.

Nothing here imports Keras before there is such an object, which cannot be without it.
"""

import inspect
import sys
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError, reason

if TYPE_CHECKING:
    import keras
    from keras.optimizers.schedules import LearningRateSchedule


def is_optimizer(value: Any) -> bool:
    """Returns whether a value is a Keras optimizer.

    Args:
        value: anything.

    Example:

    >>> is_optimizer("adamw")
    False
    """
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.optimizers.Optimizer)


def is_schedule(value: Any) -> bool:
    """Returns whether a value is a learning-rate schedule of Keras.

    Args:
        value: anything.

    Example:

    >>> is_schedule("cosine")
    False
    """
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.optimizers.schedules.LearningRateSchedule)


def template(optimizer: "keras.optimizers.Optimizer") -> "keras.optimizers.Optimizer":
    """Returns a copy of an optimizer, without state, that nobody else changes or trains with.

    Args:
        optimizer: a Keras optimizer, built or not.

    Returns:
        A Keras optimizer of the same class and configuration, which leaves the same out of
        weight decay.

    Raises:
        InputError: if a stage cannot make its own from it.

    Example:

    >>> import keras
    >>> optimizer = keras.optimizers.Lion(beta_2=0.95)
    >>> copy = template(optimizer)
    >>> copy is optimizer, copy.beta_2
    (False, 0.95)
    """
    from kerastune.backends.compilation import copy_optimizer
    from kerastune.backends.optimizers import own_learning_rate

    if fault := _fault(optimizer):
        raise InputError(
            "Expected a single Keras optimizer for a stage, such as keras.optimizers.Lion(1e-4). "
            f"Received: {type(optimizer).__name__}. {fault}"
        )
    rate = own_learning_rate(optimizer)
    if not isinstance(rate, float) and not is_schedule(rate):
        raise InputError(
            "Expected an optimizer whose learning rate is a number or a `LearningRateSchedule`. "
            f"Received: {type(optimizer).__name__} with {rate!r}. Make it a schedule of its own"
        )
    copy = copy_optimizer(optimizer)
    if lost := _lost_settings(optimizer, copy):
        raise InputError(
            "Expected an optimizer whose `get_config` holds all its settings. Received: "
            f"{type(optimizer).__name__}, which is made again without {', '.join(lost)}"
        )
    return copy


def check_schedule(schedule: "LearningRateSchedule") -> None:
    """Raises if a schedule does not say what it was made with.

    Args:
        schedule: a Keras schedule.

    Raises:
        InputError: if its class has no `get_config`.

    Example:

    >>> import keras
    >>> check_schedule(keras.optimizers.schedules.CosineDecay(0.1, 100))
    """
    try:
        schedule.get_config()
    except (NotImplementedError, TypeError) as error:
        raise InputError(
            f"Expected a schedule with a `get_config`. Received: {type(schedule).__name__}, where "
            f"that fails: {reason(error)}"
        ) from error


def default_learning_rate(optimizer: "keras.optimizers.Optimizer") -> float | None:
    """Returns the learning rate that an optimizer has if none is given.

    Args:
        optimizer: a Keras optimizer.

    Returns:
        A float, or None if its class has no default.

    Example:

    >>> import keras
    >>> default_learning_rate(keras.optimizers.SGD(0.5))
    0.01
    """
    default = defaults(type(optimizer)).get("learning_rate")
    return float(default) if isinstance(default, (int, float)) else None


def defaults(kind: type) -> dict[str, Any]:
    """Returns the arguments that a class can be made with, and their defaults.

    Args:
        kind: a class. As far as an `__init__` passes on what it does not name (`**kwargs`),
            arguments of the classes that it is derived from are among them.

    Returns:
        Dictionary from argument to default; `inspect.Parameter.empty` if it has none.

    Example:

    >>> import keras
    >>> defaults(keras.optimizers.SGD)["momentum"]
    0.0
    """
    found: dict[str, Any] = {}
    for base in kind.__mro__:
        if "__init__" not in vars(base):
            continue
        parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
        named = {
            one.name: one.default
            for one in parameters
            if one.name != "self" and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
        }
        found = named | found
        if not any(one.kind is one.VAR_KEYWORD for one in parameters):
            break
    return found


def _fault(optimizer: "keras.optimizers.Optimizer") -> str:
    """Returns the reason why a stage cannot train with a kind of optimizer, or None."""
    import keras

    from kerastune.backends.optimizers import LayerwiseUpdates

    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return "Give the optimizer inside it: Keras scales the loss itself where that is needed"
    if isinstance(optimizer, keras.optimizers.MultiOptimizer):
        return "Use `rates` for different rates in one stage, or one stage after the other"
    if isinstance(optimizer, LayerwiseUpdates):
        return (
            "It was made for the layers of a model. Give the optimizer that it was made from, and "
            "`layer_decay`, `rates` or `lowest_learning_rate` to the stage"
        )
    return ""


def _lost_settings(
    optimizer: "keras.optimizers.Optimizer", copy: "keras.optimizers.Optimizer"
) -> list[str]:
    """Returns the arguments of an optimizer that its copy has other values for."""
    plain = (str, int, float, bool, type(None))
    before, after = vars(optimizer), vars(copy)
    return [
        f"`{name}`"
        for name in defaults(type(optimizer))
        for attribute in (name, f"_{name}")
        if isinstance(value := before.get(attribute), plain) and after.get(attribute) != value
    ]
