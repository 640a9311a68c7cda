"""A head that predicts the next token, and answers by going on from a prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import keras
import numpy as np

from kerastune.errors import InputError
from kerastune.evaluation import Evaluation, evaluate_language
from kerastune.heads.token_prediction import (
    TokenPrediction,
    logits_in_parts,
    negative_log_probabilities,
)
from kerastune.models import PackedLanguageModel, Sampling, generate
from kerastune.preprocessing.packed_rows import next_tokens


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class NextToken(TokenPrediction):
    """The next token of a text, out of a vocabulary.

    Attach it with `pooling="sequence"` to a `kerastune.models.PackedLanguageModel`, which gives
    the logits. The loss is the cross-entropy, averaged over the positions that have a next
    token in their text. It is measured by the losses of texts, as `LanguagePreprocessor` aligns
    them; it answers by texts that go on from prompts. How these are drawn can be changed after
    the training: `replace(result, head=replace(result.head, temperature=0.5))`.

    Args:
        end: int, the token that ends a text.
        longest: int, the most tokens of a prompt and what goes on from it.
        answer_tokens: int, the most tokens of an answer. Defaults to 64.
        temperature: float of at least 0, see `kerastune.models.Sampling`; 0 for the most
            probable tokens. Defaults to 0.8.
        top_k: int, how many tokens are drawn from, or None. Defaults to 50.
        top_p: float, the probability of those that are drawn from, or None. Defaults to None.
        seed: int, of the random numbers. Defaults to 0.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> head = NextToken(end=3, longest=8)
    >>> head.encode(np.array([[5, -1]])).tolist(), head.sample_weights(np.array([[5, -1]])).tolist()
    ([[5, 0]], [[1.0, 0.0]])
    """

    end: int
    longest: int
    answer_tokens: int = 64
    temperature: float = 0.8
    top_k: int | None = 50
    top_p: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.answer_tokens < 1:
            raise InputError(
                f"Expected answer_tokens of at least 1. Received: {self.answer_tokens}"
            )
        self._sampling()

    def _sampling(self) -> Sampling:
        return Sampling(self.temperature, self.top_k, self.top_p, self.seed)

    def predict(self, model: keras.Model, batches: Any, steps: int) -> np.ndarray:
        """Returns the negative log-probability of each next token.

        Args:
            model: the model.
            batches: iterable of `(inputs,)`.
            steps: int, the number of batches.

        Returns:
            float32 array of shape `(rows, positions)`, NaN where there is no next token.
        """
        return np.concatenate(
            [
                negative_log_probabilities(logits, next_tokens(**inputs))
                for inputs, logits in logits_in_parts(model, batches, steps)
            ]
        )

    def answers(self, model: keras.Model, batches: Any, steps: int) -> list[list[int]]:
        """Returns the tokens that go on from prompts.

        Args:
            model: the model.
            batches: iterable of `(inputs,)`, prompts with the token that ends a text.
            steps: int, the number of batches.

        Returns:
            List of lists of int.

        Raises:
            InputError: if a prompt is too long.
        """
        packed = next(
            layer for layer in (model, *model.layers) if isinstance(layer, PackedLanguageModel)
        )
        added: list[list[int]] = []
        for (inputs,) in islice(batches, steps):
            lengths = (inputs["segment_ids"] > 0).sum(axis=1)
            rows = [
                row[:end].tolist() for row, end in zip(inputs["token_ids"], lengths, strict=True)
            ]
            if any(row[-1] != self.end for row in rows):
                raise InputError(
                    f"Expected prompts of less than {self.longest - 1} tokens. Received: one that "
                    "is longer. Give its last part"
                )
            added += generate(
                packed.backbone,
                [row[:-1] for row in rows],
                end=self.end,
                most_tokens=self.answer_tokens,
                sampling=self._sampling(),
                longest=self.longest,
            )
        return added

    def decode(self, outputs: Any) -> list[str]:
        """Returns the texts that go on from prompts, without these.

        Args:
            outputs: list of str.
        """
        return list(outputs)

    def evaluate(self, targets: Any, outputs: Any) -> Evaluation:  # noqa: ARG002
        """Returns perplexity, cross-entropy and bits per byte; see `evaluate_language`.

        Args:
            targets: None.
            outputs: dictionary of `nats` and `bytes`, as `LanguagePreprocessor.align` gives it.
        """
        return evaluate_language(outputs["nats"], outputs["bytes"])

    def examples(self, targets: Any, outputs: Any) -> list[dict[str, Any]]:  # noqa: ARG002
        """Returns the perplexity of each text.

        Args:
            targets: None.
            outputs: as for `evaluate`.
        """
        means: Sequence[float] = [float(np.mean(losses)) for losses in outputs["nats"]]
        return [{"perplexity": f"{np.exp(min(mean, 700.0)):.4g}"} for mean in means]
