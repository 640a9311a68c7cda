"""Optimizers by the names of the field."""

from typing import Any

import keras

from kerastune.errors import InputError, closest

MOMENTUM = "momentum"
# The base of all, and those made of others, of which a name does not say what they are.
_NOT_ITSELF = (
    keras.optimizers.Optimizer,
    keras.optimizers.LossScaleOptimizer,
    keras.optimizers.MultiOptimizer,
)


def optimizer_names() -> list[str]:
    """The names that `named_optimizer` knows.

    Returns:
        List of str: Keras' optimizers in lower case, and `"momentum"`.

    Example:

    >>> {"adamw", "lion", "momentum", "sgd"} <= set(optimizer_names())
    True
    """
    return sorted([*_classes(), MOMENTUM])


def named_optimizer(name: str, **settings: Any) -> keras.optimizers.Optimizer:
    """An optimizer of Keras by its name.

    Args:
        name: str, one of `optimizer_names()`, in any case. `"sgd"` is plain stochastic gradient
            descent, and `"momentum"` the same with momentum 0.9.
        **settings: arguments of all Keras optimizers, such as `use_ema=True`.

    Returns:
        A Keras optimizer that is not built, otherwise with Keras' own settings.

    Raises:
        InputError: if there is no such optimizer.

    Example:

    >>> named_optimizer("momentum").momentum, named_optimizer("AdamW", use_ema=True).use_ema
    (0.9, True)
    """
    wanted, known = name.lower(), optimizer_names()
    if wanted not in known:
        raise InputError(
            f"Expected an optimizer out of {', '.join(known)}. Received: {name!r}."
            + closest(wanted, known)
        )
    if wanted == MOMENTUM:
        return keras.optimizers.SGD(momentum=0.9, **settings)
    return _classes()[wanted](**settings)


def _classes() -> dict[str, type[keras.optimizers.Optimizer]]:
    """Keras' optimizers by their names in lower case; `keras.optimizers.get` lacks some."""
    return {
        name.lower(): value
        for name, value in vars(keras.optimizers).items()
        if isinstance(value, type)
        and issubclass(value, keras.optimizers.Optimizer)
        and value not in _NOT_ITSELF
    }
