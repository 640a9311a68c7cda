"""A check that a model is not being trained right now."""

import inspect
from functools import cache
from types import CodeType
from typing import TYPE_CHECKING
from weakref import WeakSet

from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras

# Models that are in a plan of this library, between its calls of `fit` too.
IN_TRAINING: "WeakSet[keras.Model]" = WeakSet()


def refuse_in_training(model: "keras.Model", what_to_do: str) -> None:
    """Refuses a model that is in the middle of `fit`, `evaluate` or `predict`.

    A callback that compiles a model again takes away what these loops go on with.

    Args:
        model: a Keras model, which may be a part of the one that is trained.
        what_to_do: str, the sentence that ends the message.

    Raises:
        InputError: if it is called from there, such as by a callback.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> refuse_in_training(model, "Wait")
    """
    loop = "fit" if model in IN_TRAINING else _loop_around(model)
    if loop is not None:
        raise InputError(
            f"Expected a model that is not being trained. Received: {model.name!r}, in the middle "
            f"of `{loop}`. {what_to_do}"
        )


def _loop_around(model: "keras.Model") -> str | None:
    """Returns the running loop of Keras of a model that shares weights with another."""
    import keras

    weights = {id(weight) for weight in model.weights}
    frame = inspect.currentframe()
    while frame is not None:
        loop = _loops().get(frame.f_code)
        if loop is not None:
            looping = frame.f_locals.get("self")
            if looping is model or (
                isinstance(looping, keras.Model)
                and any(id(weight) in weights for weight in looping.weights)
            ):
                return loop
        frame = frame.f_back
    return None


@cache
def _loops() -> dict[CodeType, str]:
    """Returns the code of the loops of Keras, without what it wraps around them."""
    import keras

    names = ("fit", "evaluate", "predict")
    return {inspect.unwrap(getattr(keras.Model, name)).__code__: name for name in names}
