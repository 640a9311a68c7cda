"""Connectionist temporal classification: labels in their order, at no known places."""

from typing import Any

import keras
import numpy as np

from kerastune.models.ctc_decoding import BLANK

_CERTAIN = 1e4  # Logits below those of a blank that is certain; float16 holds it too.


@keras.saving.register_keras_serializable(package="kerastune")
class CTCLoss(keras.losses.Loss):
    """The negative logarithm of the probability of all paths that give the labels of a sample.

    It is `keras.ops.ctc_loss` with the number of labels of each sample, which
    `keras.losses.CTC` does not look at. Frames of padding, of which `CertainBlank` has made
    certain blanks, change nothing: so no number of frames is needed. Labels that the frames cannot
    hold have no path: what is given then differs between backends, and is of no use.

    It equals that of PyTorch: measured in float32, for values of about 300, to 3e-5 on JAX and to
    1.3e-4 on TensorFlow, 4e-7 of the value.

    Args:
        reduction: str, as for every Keras loss. Defaults to the mean over the samples.
        name: str. Defaults to `"ctc_loss"`.
        **settings: as for every Keras loss.

    Reference:
        Graves et al., 2006, "Connectionist Temporal Classification: Labelling Unsegmented Sequence
        Data with Recurrent Neural Networks", https://doi.org/10.1145/1143844.1143891

    Example:

    >>> labels, logits = np.array([[1, 0]]), keras.ops.zeros((1, 2, 2))
    >>> # 3 of 4 paths: the label twice, behind a blank, and before one.
    >>> round(float(CTCLoss()(labels, logits)), 4)
    0.2877
    """

    def __init__(
        self, reduction: str = "sum_over_batch_size", name: str = "ctc_loss", **settings: Any
    ) -> None:
        super().__init__(name=name, reduction=reduction, **settings)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of each sample.

        Args:
            y_true: int tensor of shape `(batch, labels)`, labels from 1 on, with 0 behind the last.
            y_pred: float tensor of logits of shape `(batch, frames, classes)`, the first that of a
                blank.
        """
        ops = keras.ops
        labels = ops.cast(y_true, "int32")
        counts = ops.sum(ops.cast(labels != BLANK, "int32"), axis=1)
        frames = ops.zeros_like(counts) + ops.shape(y_pred)[1]
        return ops.ctc_loss(labels, y_pred, counts, frames, mask_index=BLANK)


@keras.saving.register_keras_serializable(package="kerastune")
class CertainBlank(keras.Layer):
    """Makes the blank certain in frames of padding.

    Example:

    >>> layer, mask = CertainBlank(), keras.ops.convert_to_tensor([[True, False]])
    >>> keras.ops.convert_to_numpy(layer([keras.ops.ones((1, 2, 3)), mask])).tolist()
    [[[1.0, 1.0, 1.0], [0.0, -10000.0, -10000.0]]]
    """

    def call(self, inputs: Any) -> Any:
        """Returns logits.

        Args:
            inputs: list of a float tensor of logits of shape `(batch, frames, classes)` and a
                bool tensor of shape `(batch, frames)`, true for what is no padding.
        """
        logits, mask = inputs
        ops = keras.ops
        classes = ops.arange(logits.shape[-1])
        certain = ops.cast(ops.where(classes == BLANK, 0.0, -_CERTAIN), logits.dtype)
        return ops.where(mask[..., None], logits, certain)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape of the logits, as they came."""
        return tuple(input_shape[0])


def certain_blanks(logits: np.ndarray, frames: int) -> np.ndarray:
    """Returns logits with frames behind them in which the blank is certain.

    Args:
        logits: float array of shape `(samples, frames, classes)`.
        frames: int, how many there are to be.

    Example:

    >>> certain_blanks(np.ones((1, 1, 2)), 2).tolist()
    [[[1.0, 1.0], [0.0, -10000.0]]]
    """
    samples, before, classes = logits.shape
    behind = np.full((samples, frames - before, classes), -_CERTAIN, logits.dtype)
    behind[..., BLANK] = 0
    return np.concatenate([logits, behind], axis=1)
