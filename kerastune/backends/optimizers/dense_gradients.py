"""Gradients of lookups, made dense before an optimizer computes with them."""

from collections.abc import Sequence
from typing import Any

import keras


def dense_gradients(gradients: Sequence[Any]) -> Sequence[Any]:
    """Returns the same gradients, with one value for each weight.

    On TensorFlow the gradient of an embedding is a `tf.IndexedSlices` with one row for each
    token of the batch, and a token that occurs twice has two rows. Its gradient is their
    sum, but Keras' optimizers square and clip the rows one by one. JAX and PyTorch give
    dense gradients.

    Args:
        gradients: sequence of tensors, `tf.IndexedSlices` with a dense shape, or None.

    Returns:
        Sequence of tensors, with None where there was None.

    Example:

    >>> [gradient, missing] = dense_gradients([keras.ops.ones((2, 3)), None])
    >>> gradient.shape == (2, 3), missing is None
    (True, True)
    """
    if keras.config.backend() != "tensorflow":
        return gradients
    import tensorflow as tf

    # Making the rows unique would do for most optimizers, but `tf.distribute` cannot reduce
    # as many rows as each replica happens to have, nor can Keras divide them by a
    # `loss_scale_factor`. Only plain SGD would be faster: moments decay in all rows.
    return [
        # `tf.convert_to_tensor` does the same, and warns for large vocabularies.
        tf.math.unsorted_segment_sum(gradient.values, gradient.indices, gradient.dense_shape[0])
        if isinstance(gradient, tf.IndexedSlices)
        else gradient
        for gradient in gradients
    ]
