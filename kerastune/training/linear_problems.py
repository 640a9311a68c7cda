"""Which losses of a linear layer can be solved, and what the layer then has to fit."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np

from kerastune.heads.losses import WeightedBinaryCrossentropy
from kerastune.training.linear_solvers import (
    Solution,
    least_squares,
    logistic_regressions,
    softmax_regression,
)

_CLASSES: dict[Any, str] = {
    keras.losses.MeanSquaredError: "squares",
    keras.losses.CategoricalCrossentropy: "categorical",
    keras.losses.SparseCategoricalCrossentropy: "sparse",
    keras.losses.BinaryCrossentropy: "binary",
    WeightedBinaryCrossentropy: "binary",
}


@dataclass(frozen=True)
class LinearProblem:
    """What a linear layer has to fit, and how that is solved.

    Args:
        solver: function from features, targets and weights to a `Solution`.
        rows: function from targets as the loss takes them to those of the solver, an array of
            shape `(samples, outputs)`.

    Example:

    See `linear_problem`.
    """

    solver: Callable[[np.ndarray, np.ndarray, np.ndarray], Solution]
    rows: Callable[[np.ndarray], np.ndarray]


def linear_problem(layer: keras.layers.Dense, loss: Any) -> LinearProblem | None:
    """Returns the problem of a dense layer with a loss, if it can be solved.

    Args:
        layer: a built dense layer.
        loss: as for `model.compile`: the mean squared error, or a cross-entropy of logits, or
            of probabilities where the layer's activation gives these.

    Returns:
        A `LinearProblem`, or None for any other loss.

    Example:

    >>> layer = keras.layers.Dense(3, activation="softmax")
    >>> layer.build((None, 2))
    >>> linear_problem(layer, "sparse_categorical_crossentropy").rows(np.array([2])).tolist()
    [[0.0, 0.0, 1.0]]
    >>> linear_problem(layer, "mean_squared_error") is None
    True
    """
    if isinstance(loss, str):
        # Keras gives a function for a name; its settings are those of the class.
        function = keras.losses.get(loss)
        found = [kind() for kind in _CLASSES if getattr(kind(), "fn", None) is function]
        loss = found[0] if found else None
    kind = _CLASSES.get(type(loss))
    if kind is None or layer.activation is not _activation(kind, loss):
        return None
    smoothing = getattr(loss, "label_smoothing", 0.0)
    if kind == "squares":
        return LinearProblem(least_squares, _rows)
    if kind == "sparse":
        classes = np.eye(layer.units)
        is_plain = loss.ignore_class is None
        return LinearProblem(softmax_regression, partial(_one_hot, classes)) if is_plain else None
    if kind == "categorical":
        return LinearProblem(
            softmax_regression, partial(_smoothed, share=smoothing, classes=layer.units)
        )
    solver = partial(
        logistic_regressions,
        output_weights=getattr(loss, "class_weights", None),
        positive_weights=getattr(loss, "positive_weights", None),
    )
    return LinearProblem(solver, partial(_smoothed, share=smoothing, classes=2))


def _activation(kind: str, loss: Any) -> Any:
    """The activation of a layer that gives what a loss takes."""
    activations = keras.activations
    if kind == "squares" or getattr(loss, "from_logits", True):
        return activations.linear
    return activations.sigmoid if kind == "binary" else activations.softmax


def _rows(targets: np.ndarray) -> np.ndarray:
    """A row of numbers for each sample."""
    return targets.reshape(len(targets), -1).astype("float64")


def _one_hot(classes: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The row of its class for each sample."""
    return classes[targets.reshape(-1).astype(int)]


def _smoothed(targets: np.ndarray, *, share: float, classes: int) -> np.ndarray:
    """Rows of which a share is spread over all classes."""
    return _rows(targets) * (1 - share) + share / classes
