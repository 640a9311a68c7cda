"""Metrics for the learning curves of heads whose outputs are not answers yet."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerastune")
class LeadingR2(keras.metrics.R2Score):
    """R² of the first outputs, as many as there are targets: means or medians.

    Args:
        **options: as for `keras.metrics.R2Score`.

    Example:

    >>> import numpy as np
    >>> metric = LeadingR2(name="r2")
    >>> metric.update_state(np.array([[1.0], [2.0]]), np.array([[1.0, 7.0], [2.0, 9.0]]))
    >>> float(metric.result())
    1.0
    """

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes in a batch.

        Args:
            y_true: tensor of shape `(batch, targets)`.
            y_pred: tensor of shape `(batch, outputs)`, with no fewer outputs than targets.
            sample_weight: tensor of shape `(batch,)`, or None.
        """
        super().update_state(y_true, y_pred[:, : y_true.shape[-1]], sample_weight)


@keras.saving.register_keras_serializable(package="kerastune")
class MeanRankError(keras.metrics.Mean):
    """The mean number of ranks by which predicted ranks are off.

    Args:
        **options: as for `keras.metrics.Mean`.

    Example:

    >>> import numpy as np
    >>> metric = MeanRankError()
    >>> metric.update_state(np.array([[1.0, 1.0]]), np.array([[9.0, -9.0]]))
    >>> float(metric.result())
    1.0
    """

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Takes in a batch.

        Args:
            y_true: tensor of shape `(batch, ranks - 1)`: as many ones as the rank, then zeros.
            y_pred: tensor of the same shape, logits as `CornLoss` takes them.
            sample_weight: tensor of shape `(batch,)`, or None.
        """
        above = ops.cumprod(ops.sigmoid(ops.convert_to_tensor(y_pred)), axis=-1)
        predicted = ops.sum(ops.cast(above > 0.5, "float32"), axis=-1)
        true = ops.sum(ops.cast(y_true, "float32"), axis=-1)
        super().update_state(ops.abs(predicted - true), sample_weight)
