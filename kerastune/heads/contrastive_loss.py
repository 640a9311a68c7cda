"""The contrastive loss of pairs, both ways: which text is of this image, and which image."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerastune")
class ContrastiveLoss(keras.losses.Loss):
    """The mean of two cross-entropies: each image's texts among those of the batch, and vice versa.

    The logits of an image are its products with all texts of the batch. Where several samples of
    a batch have the same caption, all of them are right, with equal shares of the probability;
    in CLIP only the sample itself is, which calls the same caption wrong.

    Only the samples of one step are compared: with smaller batches the task is easier, and
    gradients that are accumulated over several do not make it harder.

    Args:
        reduction: str, as for Keras' losses. Defaults to the mean.
        name: str. Defaults to `"contrastive"`.
        dtype: as for Keras' losses.

    Reference:
        Radford et al., 2021, figure 3, https://arxiv.org/abs/2103.00020; equal captions as in
        Yang et al., 2022, "Unified Contrastive Learning in Image-Text-Label Space",
        https://arxiv.org/abs/2204.03610

    Example:

    >>> import numpy as np
    >>> pairs = np.array([[[9.0, 0.0], [1.0, 0.0]], [[0.0, 9.0], [0.0, 1.0]]], "float32")
    >>> round(float(ContrastiveLoss()(np.array([0, 1]), pairs)), 5)
    0.00012
    """

    def __init__(
        self,
        reduction: str = "sum_over_batch_size",
        name: str = "contrastive",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of each sample.

        Args:
            y_true: tensor of shape `(batch,)` or `(batch, 1)`: a number for each caption, the
                same for the same caption.
            y_pred: tensor of shape `(batch, 2, width)`, as `kerastune.models.LogitScale` gives it.
        """
        captions = ops.reshape(y_true, (-1,))
        same = ops.cast(
            ops.equal(ops.expand_dims(captions, 1), ops.expand_dims(captions, 0)), y_pred.dtype
        )
        # It is symmetric, so both directions have the same shares.
        shares = same / ops.sum(same, axis=1, keepdims=True)
        logits = ops.matmul(y_pred[:, 0], ops.transpose(y_pred[:, 1]))
        of_images = ops.sum(shares * ops.log_softmax(logits, axis=1), axis=1)
        of_texts = ops.sum(shares * ops.log_softmax(ops.transpose(logits), axis=1), axis=1)
        return -(of_images + of_texts) / 2
