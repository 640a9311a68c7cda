"""Accuracy over the positions that count."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="kerastune")
class TokenAccuracy(keras.metrics.Mean):
    """The share of positions at which the most probable tag is the true one.

    Positions whose true tag is nothing but zeros, such as padding, do not count, whatever
    their weight: Keras gives weights to losses, and to metrics only on request.

    Args:
        name: str. Defaults to `"accuracy"`.
        dtype: the type it is computed in. Defaults to Keras' float type.

    Example:

    >>> metric = TokenAccuracy()
    >>> metric.update_state([[[0, 1], [1, 0], [0, 0]]], [[[-1, 1], [-1, 1], [1, -1]]])
    >>> float(metric.result())
    0.5
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        # More is better, which callbacks that monitor a metric ask for.
        self._direction = "up"

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts the positions of a batch.

        Args:
            y_true: tensor of shape `(batch, positions, tags)`, one-hot or zeros.
            y_pred: tensor of the same shape, logits or probabilities.
            sample_weight: tensor of shape `(batch, positions)`, or None.
        """
        true, predicted = (keras.ops.convert_to_tensor(y) for y in (y_true, y_pred))
        counted = keras.ops.cast(keras.ops.any(true > 0, axis=-1), self.dtype)
        if sample_weight is not None:
            counted = counted * keras.ops.cast(sample_weight, self.dtype)
        is_right = keras.ops.argmax(true, axis=-1) == keras.ops.argmax(predicted, axis=-1)
        super().update_state(keras.ops.cast(is_right, self.dtype), sample_weight=counted)
