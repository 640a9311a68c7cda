"""Weights that are not drawn, as those of a file take their place."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from kerastune.backends.made_variables import before_values

if TYPE_CHECKING:
    import keras

_undrawn: ContextVar[list[tuple[Any, Any]] | None] = ContextVar("_undrawn", default=None)


@contextmanager
def undrawn_weights() -> Iterator[None]:
    """Lets Keras draw only those weights that are not set within a `with` block, at its end.

    Drawing those of a pretrained network takes as long as to read them, and on JAX a compilation
    for each shape. Until then they are not a number. Other threads draw as usual, and so do
    weights that are no floats.

    Yields:
        None.

    Example:

    >>> import keras
    >>> with undrawn_weights():
    ...     layer = keras.layers.Dense(1)
    ...     layer.build((None, 2))
    ...     layer.set_weights([np.ones((2, 1)), np.zeros(1)])
    ...     other = keras.layers.Dense(1)
    ...     other.build((None, 2))
    >>> keras.ops.convert_to_numpy(layer.kernel).tolist()
    [[1.0], [1.0]]
    >>> bool(np.isfinite(keras.ops.convert_to_numpy(other.kernel)).all())
    True
    """
    before_values(_put_off)
    undrawn: list[tuple[Any, Any]] = []
    token = _undrawn.set(undrawn)
    try:
        yield
    finally:
        _undrawn.reset(token)
    for variable, initializer in undrawn:
        if _is_unset(variable):
            variable.assign(initializer(variable.shape, dtype=variable.dtype))


def _put_off(variable: Any, initializer: Any) -> Any:
    """The initializer; not a number in place of one that draws, where drawing can wait."""
    import keras
    from keras.src.initializers.random_initializers import RandomInitializer

    undrawn = _undrawn.get()
    is_drawn = isinstance(initializer, RandomInitializer)
    if undrawn is None or not is_drawn or not keras.backend.is_float_dtype(variable._dtype):
        return initializer
    undrawn.append((variable, initializer))
    return keras.initializers.Constant(float("nan"))


def _is_unset(variable: "keras.Variable") -> bool:
    """Whether a variable is what was put into it."""
    import keras

    values = keras.ops.convert_to_numpy(variable).reshape(-1)
    # The first number tells of nearly all variables that they are set, without a pass over them.
    return all(np.isnan(part.astype("float32")).all() for part in (values[:1], values))
