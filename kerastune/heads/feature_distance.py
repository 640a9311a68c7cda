"""The loss of a student by the features of its teacher's blocks."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerastune")
class FeatureDistance(keras.losses.Loss):
    """How far the features of a student's blocks point away from those of its teacher's.

    Each is a vector of length 1, so what counts is its direction: the squared distance of
    two is 0 where they are the same, 2 where they are orthogonal. The mean over the blocks is
    taken.

    Args:
        blocks: int, how many features of length 1 follow each other in a row.
        name: str.

    Example:

    >>> import numpy as np
    >>> teacher, student = np.array([[1.0, 0.0, 0.6, 0.8]]), np.array([[0.0, 1.0, 0.6, 0.8]])
    >>> float(FeatureDistance(blocks=2)(teacher, student))
    1.0

    Reference: Sun et al., "Patient Knowledge Distillation for BERT Model Compression" (2019),
    equation 7.
    """

    def __init__(self, blocks: int, name: str = "feature_distance", **settings: Any) -> None:
        super().__init__(name=name, **settings)
        self.blocks = blocks

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of each sample.

        Args:
            y_true: the features of the teacher's blocks, of shape `(batch, widths)`.
            y_pred: those of the student, of the same shape.

        Returns:
            Tensor of shape `(batch,)`.
        """
        return ops.sum(ops.square(ops.cast(y_true, y_pred.dtype) - y_pred), axis=-1) / self.blocks

    def get_config(self) -> dict[str, Any]:
        """Returns the settings."""
        return {**super().get_config(), "blocks": self.blocks}
