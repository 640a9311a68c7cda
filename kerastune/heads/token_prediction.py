"""What heads share that predict tokens out of a vocabulary, by a model that gives the logits."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import keras
import numpy as np

from kerastune.heads.head import Head
from kerastune.heads.losses import TokenCrossentropy
from kerastune.preprocessing.packed_rows import IGNORED

# Logits that are computed at a time, 128 MiB of them.
_LOGITS = 2**25


class TokenPrediction(Head):
    """Predicts a token at each position that has a true one; a base class to extend.

    Targets are int arrays of shape `(rows, positions)`, `IGNORED` where there is no true token.
    The loss is the cross-entropy, averaged over the positions that have one.

    Example:

    >>> head, targets = TokenPrediction(), np.array([[5, IGNORED]])
    >>> head.encode(targets).tolist(), head.sample_weights(targets).tolist()
    ([[5, 0]], [[1.0, 0.0]])
    """

    def build(self, features: keras.KerasTensor, name: str = "head") -> keras.KerasTensor:
        """Returns the logits, in float32 also under mixed precision.

        Args:
            features: symbolic logits of shape `(batch, positions, vocabulary)`.
            name: str, what the name of the layer begins with.
        """
        return keras.layers.Activation("linear", dtype="float32", name=f"{name}_logits")(features)

    def loss(self) -> keras.losses.Loss:
        """Returns the loss to compile a model with."""
        return TokenCrossentropy()

    def encode(self, targets: Any) -> np.ndarray:
        """Returns the true tokens, and 0 where there is none.

        Args:
            targets: int array of shape `(rows, positions)`, `IGNORED` where there is none.
        """
        return np.maximum(targets, 0)

    def sample_weights(self, targets: Any) -> np.ndarray:
        """Returns the weight of each position in the loss: 0 where there is no true token.

        Args:
            targets: as for `encode`.
        """
        return (np.asarray(targets) != IGNORED).astype("float32")


def logits_in_parts(
    model: keras.Model, batches: Iterable[Any], steps: int, tokens: str = "token_ids"
) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Yields some rows of inputs and their logits, few enough at a time for memory.

    Args:
        model: a model that gives logits of shape `(rows, positions, vocabulary)`.
        batches: iterable of `(inputs,)`, dictionaries of arrays.
        steps: int, the number of batches.
        tokens: str, the array with a token for each of the logits. Defaults to `"token_ids"`.
    """
    vocabulary = model.output_shape[-1]
    for (inputs,) in islice(batches, steps):
        rows, length = inputs[tokens].shape
        at_once = max(1, min(_LOGITS // (vocabulary * length), 32))
        for start in range(0, rows, at_once):
            part = {name: rows_at(array, start, at_once) for name, array in inputs.items()}
            logits = np.asarray(model.predict_on_batch(part))[: rows - start]
            yield {name: array[: rows - start] for name, array in part.items()}, logits


def negative_log_probabilities(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Returns the negative log-probability of each true token.

    Args:
        logits: float array of shape `(rows, positions, vocabulary)`.
        targets: int array of shape `(rows, positions)`, `IGNORED` where there is none.

    Returns:
        float32 array of shape `(rows, positions)`, NaN where there is no true token.

    Example:

    >>> found = negative_log_probabilities(np.zeros((1, 2, 4)), np.array([[3, IGNORED]]))
    >>> np.exp(found).round(3).tolist()
    [[4.0, nan]]
    """
    highest = logits.max(axis=-1)
    sums = np.log(np.exp(logits - highest[..., None]).sum(axis=-1)) + highest
    chosen = np.take_along_axis(logits, np.maximum(targets, 0)[..., None], axis=-1)[..., 0]
    return np.where(targets == IGNORED, np.nan, sums - chosen).astype("float32")


def rows_at(rows: np.ndarray, start: int, count: int) -> np.ndarray:
    """Returns as many rows from a position, with zeros behind the last: of one shape for all parts.

    Args:
        rows: array of shape `(rows, ...)`.
        start: int.
        count: int.

    Example:

    >>> rows_at(np.ones((3, 1)), 2, 2).tolist()
    [[1.0], [0.0]]
    """
    part = rows[start : start + count]
    return np.concatenate([part, np.zeros((count - len(part), *rows.shape[1:]), rows.dtype)])
