"""The loss of a student by the probabilities of its teacher."""

from typing import Any

import keras
from keras import ops

from kerastune.errors import InputError


@keras.saving.register_keras_serializable(package="kerastune")
class SoftTargets(keras.losses.Loss):
    """How far the probabilities of a student are from its teacher's, both softened.

    Both logits are divided by the temperature, so that what the teacher thinks of wrong classes
    counts as well; the divergence from teacher to student is multiplied by the square of the
    temperature, so that gradients are of the size of those by labels.

    Args:
        temperature: float above 0.
        name: str.

    Raises:
        InputError: if the temperature is not above 0.

    Example:

    >>> import numpy as np
    >>> teacher, student = np.array([[0.0, 2.0, -1.0]]), np.array([[0.0, 1.0, 1.0]])
    >>> round(float(SoftTargets(2.0)(teacher, student)), 4)
    0.6707
    >>> float(SoftTargets(2.0)(teacher, teacher))
    0.0

    Reference: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network" (2015),
    section 2.
    """

    def __init__(self, temperature: float = 1.0, name: str = "soft_targets", **settings: Any):
        if not temperature > 0:
            raise InputError(f"Expected a `temperature` above 0. Received: {temperature}")
        super().__init__(name=name, **settings)
        self.temperature = temperature

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of each sample.

        Args:
            y_true: the teacher's logits, or logarithms of its probabilities, of shape
                `(batch, classes)`.
            y_pred: the student's logits of shape `(batch, classes)`, or `(batch, 1)` for the
                second of two classes.

        Returns:
            Tensor of shape `(batch,)`.
        """
        if y_pred.shape[-1] == 1:
            y_pred = ops.concatenate([ops.zeros_like(y_pred), y_pred], axis=-1)
        teacher = ops.log_softmax(ops.cast(y_true, y_pred.dtype) / self.temperature, axis=-1)
        student = ops.log_softmax(y_pred / self.temperature, axis=-1)
        divergence = ops.sum(ops.exp(teacher) * (teacher - student), axis=-1)
        return self.temperature**2 * divergence

    def get_config(self) -> dict[str, Any]:
        """Returns the settings."""
        return {**super().get_config(), "temperature": self.temperature}
