"""A head that writes a sequence of tokens for another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import keras
import numpy as np

from kerastune.errors import InputError
from kerastune.evaluation import Evaluation
from kerastune.evaluation.translations import evaluate_translations, translation_errors
from kerastune.heads.head import Head
from kerastune.heads.last_layer import last_layer
from kerastune.heads.losses import TokenCrossentropy
from kerastune.heads.token_accuracy import NextTokenAccuracy
from kerastune.models.decoding import BeamSearch, require_beam
from kerastune.models.encoder_decoder import EncoderDecoder
from kerastune.preprocessing.tokenizer import END, PADDING, SPECIAL_TOKENS, START

_NAME = "head"
_ROWS = 64
# Compiled once for each model, in JAX in some seconds; each goes when its model does.
_SEARCHES: "WeakKeyDictionary[keras.Model, dict[Translation, BeamSearch]]" = WeakKeyDictionary()


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class Translation(Head):
    """Writes a text for a text, token by token, by beam search.

    It goes on a backbone of `kerastune.models.encoder_decoder`, attached with
    `pooling="sequence"`, behind a `TextPairPreprocessor`. In training, the decoder is given the
    true tokens before each position (teacher forcing), and the loss is the cross-entropy of the
    next one, averaged over the tokens of a batch without padding.

    Args:
        vocabulary_size: int, the number of tokens, special ones included.
        beam_size: int, at least 1, which is greedy decoding. Defaults to 4.
        length_normalization: float, 0 or more, see `kerastune.models.BeamSearch`. Defaults to 1.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> head = Translation(vocabulary_size=9)
    >>> head.sample_weights(np.array([[5, 6, 3, 0]])).tolist()
    [[1.0, 1.0, 1.0, 0.0]]
    >>> head.evaluate(["eins", "zwei"], ["eins", "drei"])["exact_match"]
    0.5
    """

    kinds: ClassVar[tuple[str, ...]] = ("text",)

    vocabulary_size: int
    beam_size: int = 4
    length_normalization: float = 1.0

    def __post_init__(self) -> None:
        require_beam(self.beam_size, self.length_normalization)
        if self.vocabulary_size <= len(SPECIAL_TOKENS) + 1:
            raise InputError(
                f"Expected a vocabulary of at least two tokens besides {len(SPECIAL_TOKENS)} "
                f"special ones. Received: vocabulary_size={self.vocabulary_size}"
            )

    def build(self, features: keras.KerasTensor, name: str = _NAME) -> keras.KerasTensor:
        """Puts the head's layer on features.

        Args:
            features: symbolic tensor of shape `(batch, target_length, width)`.
            name: str, what the name of the layer begins with.

        Returns:
            Symbolic logits of shape `(batch, target_length, vocabulary_size)`, in float32.
        """
        return last_layer(features, self.vocabulary_size, dropout=0.0, name=name)

    def loss(self) -> keras.losses.Loss:
        """Returns the loss to compile a model with."""
        return TokenCrossentropy()

    def metrics(self) -> list[keras.metrics.Metric]:
        """Returns new metrics to compile with: the accuracy of the next token, without padding."""
        return [NextTokenAccuracy()]

    def sample_weights(self, targets: Any) -> np.ndarray:
        """Returns the weight of each position in the loss: 0 for padding.

        Args:
            targets: int array of ids of shape `(samples, target_length)`.

        Returns:
            float32 array of this shape.
        """
        return (np.asarray(targets) != PADDING).astype("float32")

    def predict(self, model: keras.Model, batches: Iterable[Any], steps: int) -> np.ndarray:
        """Returns the tokens that the beam search writes for each source.

        Args:
            model: the model.
            batches: iterable of `(inputs,)`, as `TextPairPreprocessor.prepare` gives them.
            steps: int, the number of batches.

        Returns:
            int array of shape `(samples, target_length)`.
        """
        search = self._search(model)
        source = np.concatenate(
            [np.asarray(inputs["source_ids"]) for (inputs,) in islice(batches, steps)]
        )
        # It is compiled once, for so many rows; TensorFlow would ask for any number from the
        # second size on. The last rows are filled up with the first, whose answers are not kept.
        filled = np.concatenate([source, np.repeat(source[:1], -len(source) % _ROWS, axis=0)])
        written = [
            np.asarray(search.predict_on_batch(filled[start : start + _ROWS]))
            for start in range(0, len(filled), _ROWS)
        ]
        return np.concatenate(written)[: len(source)]

    def decode(self, outputs: Sequence[str]) -> list[str]:
        """Returns the texts, which `TextPairPreprocessor.align` has made of tokens.

        Args:
            outputs: list of str.
        """
        return list(outputs)

    def evaluate(self, targets: Sequence[str], outputs: Sequence[str]) -> Evaluation:
        """Returns chrF, BLEU and the share of exact answers; see `evaluate_translations`.

        Args:
            targets: sequence of str.
            outputs: sequence of str.

        Returns:
            An `Evaluation`.

        Raises:
            MissingExtraError: if sacrebleu is not installed.
        """
        return evaluate_translations(list(targets), self.decode(outputs))

    def errors(self, targets: Sequence[str], outputs: Sequence[str]) -> np.ndarray:
        """Returns how wrong each answer is, see `translation_errors`.

        Args:
            targets: sequence of str.
            outputs: sequence of str.
        """
        return translation_errors(list(targets), self.decode(outputs))

    def _search(self, model: keras.Model) -> BeamSearch:
        """Returns the beam search of a model, compiled before if there was one."""
        searches = _SEARCHES.setdefault(model, {})
        if self not in searches:
            backbone = next(
                (layer for layer in model.layers if isinstance(layer, keras.Model)), model
            )
            searches[self] = BeamSearch(
                EncoderDecoder.of(backbone),
                model.get_layer(f"{_NAME}_logits"),
                start=START,
                end=END,
                beam_size=self.beam_size,
                length_normalization=self.length_normalization,
            )
        return searches[self]
