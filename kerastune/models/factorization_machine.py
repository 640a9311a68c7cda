"""The pairwise term of a factorization machine."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerastune")
class FactorizationMachine(keras.layers.Layer):
    """The sum of the inner products of all pairs of fields.

    It is computed as half the difference of the square of the sum and the sum of the squares, in
    time linear in the number of fields.

    Args:
        **options: `name` and `dtype`, as for every Keras layer.

    Reference:
        Rendle, 2010, "Factorization Machines", lemma 3.1, https://doi.org/10.1109/ICDM.2010.127

    Example:

    >>> import numpy as np
    >>> fields = np.array([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]])
    >>> float(FactorizationMachine()(fields)[0, 0])  # 11 + 17 + 39
    67.0
    """

    def call(self, inputs: Any) -> Any:
        """Returns the sum for each sample.

        Args:
            inputs: tensor of shape `(batch, fields, width)`, the embeddings.

        Returns:
            Tensor of shape `(batch, 1)`.
        """
        square_of_sum = ops.square(ops.sum(inputs, axis=1))
        sum_of_squares = ops.sum(ops.square(inputs), axis=1)
        return ops.sum(square_of_sum - sum_of_squares, axis=-1, keepdims=True) / 2

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        """Returns `(batch, 1)`.

        Args:
            input_shape: tuple, that of the inputs.
        """
        return input_shape[0], 1
