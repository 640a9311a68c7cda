"""Settings of an optimizer, read off the object."""

import re
from collections.abc import Callable
from typing import Any

import keras


def public_config(optimizer: keras.optimizers.Optimizer) -> dict[str, Any]:
    """Returns the serialized configuration of an optimizer, by the public name of its class.

    PyTorch has versions of its own of some classes, which no other backend reads.

    Args:
        optimizer: a Keras optimizer.

    Returns:
        Dictionary as `keras.saving.serialize_keras_object` gives it.

    Example:

    >>> config = public_config(keras.optimizers.Adam())
    >>> config["module"], config["class_name"]
    ('keras.optimizers', 'Adam')
    """
    config: dict[str, Any] = keras.saving.serialize_keras_object(optimizer)
    if (config["module"] or "").startswith("keras.src."):
        config |= {"module": "keras.optimizers", "registered_name": None}
    return config


def own_learning_rate(optimizer: keras.optimizers.Optimizer) -> float | Callable[..., Any]:
    """Returns the learning rate that an optimizer has: a number, or what it is computed by.

    Args:
        optimizer: a Keras optimizer.

    Returns:
        The float with the fewest digits that Keras stores as the same number; or a schedule,
        or another function.

    Example:

    >>> own_learning_rate(keras.optimizers.SGD(0.1))
    0.1
    """
    rate = optimizer._learning_rate
    if callable(rate):
        return rate
    return float(str(keras.ops.convert_to_numpy(rate)[()]))


def exclusions(
    optimizer: keras.optimizers.Optimizer,
) -> tuple[frozenset[Any], tuple[str, ...]] | None:
    """Returns the arguments of `exclude_from_weight_decay` of an optimizer.

    Args:
        optimizer: a Keras optimizer.

    Returns:
        The keys of single variables, and parts of names in alphabetical order; or None if it
        was never called.

    Example:

    >>> optimizer = keras.optimizers.AdamW()
    >>> exclusions(optimizer) is None
    True
    >>> optimizer.exclude_from_weight_decay(var_names=["gamma", "bias"])
    >>> exclusions(optimizer)
    (frozenset(), ('bias', 'gamma'))
    """
    if not hasattr(optimizer, "_exclude_from_weight_decay"):
        return None
    pattern = optimizer._exclude_from_weight_decay_pattern
    return frozenset(optimizer._exclude_from_weight_decay), _alternatives(pattern)


def _alternatives(pattern: "re.Pattern[str] | None") -> tuple[str, ...]:
    """Returns the names that Keras joined, in an order that is always the same."""
    if pattern is None:
        return ()
    # Within parentheses and the like, a bar separates something else.
    is_plain = not set(pattern.pattern) & set("()[]\\")
    return tuple(sorted(pattern.pattern.split("|"))) if is_plain else (pattern.pattern,)
