"""The one table of optimizers by name: for stages, and for counting what they remember.

Nothing here imports Keras before an optimizer is made.
"""

from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError, closest

if TYPE_CHECKING:
    import keras

OPTIMIZERS = ("adamw", "sgd", "momentum", "lion", "rmsprop", "adafactor", "muon")
"""The names that a stage takes, of those of `named_optimizer`."""

# The base of all, and those made of others, of which a name does not say what they are.
_NOT_ITSELF = ("optimizer", "lossscaleoptimizer", "multioptimizer")


def optimizer_names() -> list[str]:
    """Returns the names that `named_optimizer` knows.

    Returns:
        List of str: Keras' optimizers in lower case, and `"momentum"`.

    Example:

    >>> {"adamw", "lion", "momentum", "sgd"} <= set(optimizer_names())
    True
    """
    return sorted([*_classes(), "momentum"])


def named_optimizer(name: str, **settings: Any) -> "keras.optimizers.Optimizer":
    """Returns an optimizer of Keras by its name.

    Args:
        name: str, one of `optimizer_names()`, in any case. `"adamw"` has no weight decay unless
            it is given, `"sgd"` is plain stochastic gradient descent, `"momentum"` the same
            with momentum 0.9, and `"muon"` decays all weights alike.
        **settings: arguments of all Keras optimizers, such as `use_ema=True`.

    Returns:
        A Keras optimizer that is not built, otherwise with Keras' own settings.

    Raises:
        InputError: if there is no such optimizer.

    Example:

    >>> named_optimizer("momentum").momentum, named_optimizer("AdamW", use_ema=True).use_ema
    (0.9, True)
    """
    import keras

    wanted, known = name.lower(), optimizer_names()
    if wanted not in known:
        raise InputError(
            f"Expected an optimizer out of {', '.join(known)}. Received: {name!r}."
            + closest(wanted, known)
        )
    if wanted == "momentum":
        return keras.optimizers.SGD(momentum=0.9, **settings)
    if wanted == "adamw":
        # Keras' Adam decays weights apart from the gradients, which is AdamW, and does without
        # decay, which Keras' AdamW does not.
        return keras.optimizers.Adam(**settings)
    if wanted == "muon" and "weight_decay" in settings:
        # Matrices by Muon and the rest by Adam, at one decay.
        settings["adam_weight_decay"] = settings["weight_decay"]
    return _classes()[wanted](**settings)


def _classes() -> "dict[str, type[keras.optimizers.Optimizer]]":
    """Returns Keras' optimizers by their names in lower case; `keras.optimizers.get` lacks some."""
    import keras

    return {
        name.lower(): value
        for name, value in vars(keras.optimizers).items()
        if isinstance(value, type)
        and issubclass(value, keras.optimizers.Optimizer)
        and name.lower() not in _NOT_ITSELF
    }
