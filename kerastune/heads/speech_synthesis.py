"""A head that tells the next sample of speech, and so can speak."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import keras
import numpy as np

from kerastune.data import Source
from kerastune.data.mu_law import MU_LAW_CODES
from kerastune.evaluation import Evaluation
from kerastune.evaluation.speech import bits_per_sample
from kerastune.heads.last_layer import last_layer
from kerastune.heads.token_prediction import (
    TokenPrediction,
    logits_in_parts,
    negative_log_probabilities,
)
from kerastune.models.speech_sampling import SpeechSampling
from kerastune.shares import require_shares


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class SpeechSynthesis(TokenPrediction):
    """The next sample of speech, out of the 256 codes of the μ-law.

    Attach it with `pooling="sequence"` to a `kerastune.models.speech_generator`, behind a
    `SynthesisPreprocessor`. The loss is the cross-entropy. It answers by how many bits a sample
    of each recording takes, and holds how `kerastune.generate_speech` speaks.

    Args:
        phonemes: sequence of str, the phonemes that can be said.
        temperature: float of at least 0, see `kerastune.models.SpeechSampling`. Defaults to 1.
        dropout: float from 0 to 1 (not included), the dropout rate of the features before the last
            layer. Defaults to 0.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> head = SpeechSynthesis(("s", "ɛ"))
    >>> nats = [np.log([256.0, 256.0]), np.log([4.0, 4.0])]
    >>> round(head.evaluate(None, nats)["bits_per_sample"], 6), head.decode(nats).round(6).tolist()
    (5.0, [8.0, 2.0])
    """

    kinds: ClassVar[tuple[str, ...]] = ("phonemes",)

    phonemes: Sequence[str]
    temperature: float = 1.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "phonemes", tuple(self.phonemes))
        require_shares(dropout=self.dropout)
        assert self.sampling.temperature == self.temperature  # Which it has checked.

    @classmethod
    def for_samples(cls, samples: Source, column: str | None = None, **settings: Any) -> Self:
        """Returns a head for the phonemes of the training samples.

        Args:
            samples: the training `Source`.
            column: str, the target column. Defaults to the only one of kind `phonemes`.
            **settings: `temperature` and `dropout`.

        Raises:
            InputError: if there is no such target.
        """
        names = samples.columns[cls.column_of(samples, column)].class_names
        return cls(names or (), **settings)

    @property
    def sampling(self) -> SpeechSampling:
        """The `SpeechSampling` that speaks."""
        return SpeechSampling(self.temperature)

    def build(self, features: keras.KerasTensor, name: str = "head") -> keras.KerasTensor:
        """Returns the logits of the codes, in float32 also under mixed precision.

        Args:
            features: symbolic features of shape `(batch, samples, width)`.
            name: str, what the names of the layers begin with.
        """
        return last_layer(features, MU_LAW_CODES, dropout=self.dropout, name=name)

    def predict(self, model: keras.Model, batches: Any, steps: int) -> np.ndarray:
        """Returns the negative log-probability of each sample of recordings.

        Args:
            model: the model.
            batches: iterable of `(inputs,)`, as `SynthesisPreprocessor.prepare` gives them.
            steps: int, the number of batches.

        Returns:
            float32 array of shape `(recordings, samples)`, NaN behind the longest of a batch.
        """
        found = [
            negative_log_probabilities(logits, inputs["codes"])
            for inputs, logits in logits_in_parts(model, batches, steps, "codes")
        ]
        longest = max(rows.shape[1] for rows in found)
        wide = [(0, 0), (0, longest)]
        return np.concatenate(
            [np.pad(rows, wide, constant_values=np.nan)[:, :longest] for rows in found]
        )

    def decode(self, outputs: Sequence[np.ndarray]) -> np.ndarray:
        """Returns how many bits a sample of each recording takes.

        Args:
            outputs: list of float arrays, as `SynthesisPreprocessor.align` gives them.

        Returns:
            float64 array of shape `(recordings,)`.
        """
        return np.array([np.mean(nats, dtype="float64") / math.log(2) for nats in outputs])

    def evaluate(self, targets: Any, outputs: Sequence[np.ndarray]) -> Evaluation:  # noqa: ARG002
        """Returns how many bits a sample takes; see `bits_per_sample`.

        Args:
            targets: not used: sound is what is learned.
            outputs: list of float arrays, as for `decode`.
        """
        return Evaluation([bits_per_sample(outputs)])

    def examples(self, targets: Any, outputs: Sequence[np.ndarray]) -> list[dict[str, Any]]:
        """Returns the phonemes and the bits of each recording, for a report.

        Args:
            targets: sequence of sequences of str.
            outputs: list of float arrays, as for `decode`.
        """
        return [
            {"phonemes": " ".join(names), "bits per sample": round(float(bits), 3)}
            for names, bits in zip(targets, self.decode(outputs), strict=True)
        ]
