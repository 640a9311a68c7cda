"""A function of one step, asked for many."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def at_each_step(function: Callable[[Any], Any], steps: int) -> "np.ndarray":
    """Returns the values of a function of the step, computed as inside `fit`.

    Many of Keras' schedules take one step and not an array of them.

    Args:
        function: function from a step, a scalar tensor of whole numbers, to a number, such
            as a Keras schedule.
        steps: int, for how many steps to ask, counted from 0.

    Returns:
        float32 array of shape `(steps,)`.

    Example:

    >>> import keras
    >>> schedule = keras.optimizers.schedules.PiecewiseConstantDecay([1, 2], [1.0, 0.5, 0.25])
    >>> at_each_step(schedule, 5).tolist()
    [1.0, 1.0, 0.5, 0.25, 0.25]
    """
    import numpy as np
    from keras import config, ops

    if steps == 0:
        return np.zeros(0, "float32")

    def at(step: Any) -> Any:
        return ops.cast(function(step), "float32")

    every = ops.arange(steps, dtype="int32")

    def at_all(every: Any) -> Any:
        return ops.map(at, every)

    if config.backend() == "tensorflow":
        import tensorflow as tf

        # Eagerly, TensorFlow takes milliseconds for each.
        at_all = tf.function(at_all, autograph=False).get_concrete_function(every)
    return np.array(ops.convert_to_numpy(at_all(every)))
