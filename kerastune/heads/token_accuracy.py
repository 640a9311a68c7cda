"""Accuracy over the positions that count."""

from typing import Any

import keras
from keras import ops

from kerastune.preprocessing.tokenizer import PADDING


class PositionAccuracy(keras.metrics.Mean):
    """The share of positions at which the answer is right; a base class to extend.

    A subclass tells in `update_state` which positions count, whatever their weight: Keras gives
    weights to losses, and to metrics only on request.

    Args:
        name: str. Defaults to `"accuracy"`.
        dtype: the type it is computed in. Defaults to Keras' float type.

    Example:

    >>> metric = PositionAccuracy()
    >>> is_right, counts = [[True, False, True]], [[True, True, False]]
    >>> metric.add_positions(is_right, counts, None)
    >>> float(metric.result())
    0.5
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        # More is better, which callbacks that monitor a metric ask for.
        self._direction = "up"

    def add_positions(self, is_right: Any, counts: Any, sample_weight: Any) -> None:
        """Counts the positions of a batch.

        Args:
            is_right: bool tensor of shape `(batch, positions)`.
            counts: bool tensor of this shape, false for what is left out.
            sample_weight: tensor of this shape, or None.
        """
        counted = ops.cast(counts, self.dtype)
        if sample_weight is not None:
            counted = counted * ops.cast(sample_weight, self.dtype)
        super().update_state(ops.cast(is_right, self.dtype), sample_weight=counted)


@keras.saving.register_keras_serializable(package="kerastune")
class TokenAccuracy(PositionAccuracy):
    """The share of positions at which the most probable tag is the true one.

    Positions whose true tag is nothing but zeros, such as padding, do not count.

    Args:
        name: str. Defaults to `"accuracy"`.
        dtype: the type it is computed in. Defaults to Keras' float type.

    Example:

    >>> metric = TokenAccuracy()
    >>> metric.update_state([[[0, 1], [1, 0], [0, 0]]], [[[-1, 1], [-1, 1], [1, -1]]])
    >>> float(metric.result())
    0.5
    """

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts the positions of a batch.

        Args:
            y_true: tensor of shape `(batch, positions, tags)`, one-hot or zeros.
            y_pred: tensor of the same shape, logits or probabilities.
            sample_weight: tensor of shape `(batch, positions)`, or None.
        """
        true, predicted = (ops.convert_to_tensor(y) for y in (y_true, y_pred))
        is_right = ops.argmax(true, axis=-1) == ops.argmax(predicted, axis=-1)
        self.add_positions(is_right, ops.any(true > 0, axis=-1), sample_weight)


@keras.saving.register_keras_serializable(package="kerastune")
class NextTokenAccuracy(PositionAccuracy):
    """The share of positions at which the most probable token is the true one, without padding.

    Args:
        name: str. Defaults to `"accuracy"`.
        dtype: the type it is computed in. Defaults to Keras' float type.

    Example:

    >>> metric = NextTokenAccuracy()
    >>> metric.update_state([[1, 2, 0]], [[[0.0, 1, 0], [0.0, 1, 0], [0.0, 1, 0]]])
    >>> float(metric.result())
    0.5
    """

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts the positions of a batch.

        Args:
            y_true: int tensor of ids of shape `(batch, positions)`.
            y_pred: tensor of logits of shape `(batch, positions, tokens)`.
            sample_weight: tensor of shape `(batch, positions)`, or None.
        """
        true = ops.cast(y_true, "int32")
        is_right = true == ops.cast(ops.argmax(y_pred, axis=-1), "int32")
        self.add_positions(is_right, true != PADDING, sample_weight)
