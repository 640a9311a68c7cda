"""A head that predicts the next token, and answers by going on from a prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import keras
import numpy as np

from kerastune.errors import InputError
from kerastune.evaluation import Evaluation, evaluate_language
from kerastune.heads.head import Head
from kerastune.models import PackedLanguageModel, Sampling, generate
from kerastune.preprocessing.packed_rows import IGNORED, next_tokens

# Logits that are computed at a time, 128 MiB of them.
_LOGITS = 2**25


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class NextToken(Head):
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

    def build(self, features: keras.KerasTensor, name: str = "head") -> keras.KerasTensor:
        """Returns the logits, in float32 also under mixed precision.

        Args:
            features: symbolic logits of shape `(batch, positions, vocabulary)`.
            name: str, what the name of the layer begins with.
        """
        return keras.layers.Activation("linear", dtype="float32", name=f"{name}_logits")(features)

    def loss(self) -> keras.losses.Loss:
        """Returns the loss to compile a model with."""
        # Other reductions divide by the number of positions, padding included.
        return keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        )

    def encode(self, targets: Any) -> np.ndarray:
        """Returns the next tokens, and 0 where there is none.

        Args:
            targets: int array of shape `(rows, positions)`, as `LanguagePreprocessor` gives it.
        """
        return np.maximum(targets, 0)

    def sample_weights(self, targets: Any) -> np.ndarray:
        """Returns the weight of each position in the loss: 0 where there is no next token.

        Args:
            targets: as for `encode`.
        """
        return (np.asarray(targets) != IGNORED).astype("float32")

    def predict(self, model: keras.Model, batches: Any, steps: int) -> np.ndarray:
        """Returns the negative log-probability of each next token.

        Args:
            model: the model.
            batches: iterable of `(inputs,)`.
            steps: int, the number of batches.

        Returns:
            float32 array of shape `(rows, positions)`, NaN where there is no next token.
        """
        vocabulary = model.output_shape[-1]
        found = []
        for (inputs,) in islice(batches, steps):
            rows, length = inputs["token_ids"].shape
            at_once = max(1, min(_LOGITS // (vocabulary * length), 32))
            for start in range(0, rows, at_once):
                part = {name: rows_at(array, start, at_once) for name, array in inputs.items()}
                found.append(_losses(model, part)[: rows - start])
        return np.concatenate(found)

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


def _losses(model: keras.Model, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Returns the negative log-probability of each next token, NaN where there is none."""
    targets = next_tokens(inputs["token_ids"], inputs["segment_ids"])
    logits = np.asarray(model.predict_on_batch(inputs))
    highest = logits.max(axis=-1)
    sums = np.log(np.exp(logits - highest[..., None]).sum(axis=-1)) + highest
    chosen = np.take_along_axis(logits, np.maximum(targets, 0)[..., None], axis=-1)[..., 0]
    return np.where(targets == IGNORED, np.nan, sums - chosen).astype("float32")
