"""The variables of metrics, there before the first step."""

from typing import Any


def build_metrics(model: Any, batch: Any) -> None:
    """Makes the variables of the metrics of a compiled model, which TensorFlow makes in a step.

    Args:
        model: a compiled Keras model.
        batch: tuple `(x, y)` or `(x, y, sample_weight)` of arrays, as a step is given.

    Example:

    >>> import keras, numpy as np
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse", metrics=["mae"])
    >>> build_metrics(model, (np.zeros((4, 2)), np.zeros((4, 1))))
    >>> len(model.metrics_variables)
    4
    """
    model._symbolic_build(data_batch=batch)
