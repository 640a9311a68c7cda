"""A head that guesses the tokens that are hidden from an encoder."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerastune.evaluation import Evaluation, evaluate_masked_tokens
from kerastune.heads.token_accuracy import NextTokenAccuracy
from kerastune.heads.token_prediction import (
    TokenPrediction,
    logits_in_parts,
    negative_log_probabilities,
)
from kerastune.preprocessing.masking import masked_tokens


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class MaskedToken(TokenPrediction):
    """The tokens that are hidden, out of a vocabulary.

    Attach it with `pooling="sequence"` to a `kerastune.models.MaskedLanguageModel`, which gives
    the logits. The loss is the cross-entropy, averaged over the hidden tokens of a batch. It
    answers by the texts, with the most probable tokens in the place of those that
    `MaskedLanguagePreprocessor` hides.

    Example:

    >>> outputs = {"nats": [np.log([2.0, 8.0])], "is_right": [[True, False]], "texts": ["a joy"]}
    >>> MaskedToken().decode(outputs), MaskedToken().evaluate(None, outputs)["accuracy"]
    (['a joy'], 0.5)
    """

    def metrics(self) -> list[keras.metrics.Metric]:
        """Returns new metrics to compile with: the accuracy at the hidden tokens."""
        return [NextTokenAccuracy()]

    def predict(self, model: keras.Model, batches: Any, steps: int) -> np.ndarray:
        """Returns the negative log-probability of each hidden token, and the most probable one.

        Args:
            model: the model.
            batches: iterable of `(inputs,)`.
            steps: int, the number of batches.

        Returns:
            float32 array of shape `(rows, count, 2)`, as `MaskedLanguagePreprocessor.align`
            takes it.
        """
        found = []
        for inputs, logits in logits_in_parts(model, batches, steps):
            hidden = (inputs[name] for name in ("token_ids", "replacements", "mask_positions"))
            nats = negative_log_probabilities(logits, masked_tokens(*hidden))
            found.append(np.stack([nats, logits.argmax(axis=-1)], axis=-1).astype("float32"))
        return np.concatenate(found)

    def decode(self, outputs: Any) -> list[str]:
        """Returns the texts, with the most probable tokens in the place of hidden ones.

        Args:
            outputs: dictionary, as `MaskedLanguagePreprocessor.align` gives it.
        """
        return list(outputs["texts"])

    def evaluate(self, targets: Any, outputs: Any) -> Evaluation:  # noqa: ARG002
        """Returns accuracy, cross-entropy and perplexity; see `evaluate_masked_tokens`.

        Args:
            targets: None.
            outputs: dictionary, as for `decode`.
        """
        return evaluate_masked_tokens(outputs["nats"], outputs["is_right"])
