"""A head that recognizes a sequence of phonemes, at no known places, by CTC."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Self

import keras
import numpy as np

from kerastune.data import Source
from kerastune.errors import InputError, closest
from kerastune.evaluation import Evaluation
from kerastune.evaluation.phonemes import edit_distance, evaluate_phonemes
from kerastune.evaluation.posterior_picture import posterior_picture
from kerastune.heads.ctc_loss import CertainBlank, CTCLoss, certain_blanks
from kerastune.heads.head import Head
from kerastune.heads.last_layer import last_layer, require_class_names
from kerastune.models.ctc_decoding import BLANK, greedy_labels, prefix_beam_labels
from kerastune.preprocessing.padding import padded
from kerastune.shares import require_shares

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ROWS = 256  # Searched at a time.


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class PhonemeRecognition(Head):
    """The phonemes that are said, in their order, learned without their times.

    It goes on a backbone of `kerastune.models.frame_encoder`, attached with
    `pooling="sequence"`, behind a `PhonemePreprocessor`. Each frame has a class out of a blank
    and the phonemes, and all paths of frames that give the phonemes of a sample count, see
    `CTCLoss`. Outputs are a list of arrays of logits of shape `(frames, classes)`, one a sample.

    Args:
        phonemes: tuple of str, at least two, without repetition.
        most: int, phonemes of the longest training sample; those of a batch are padded to a
            multiple of it.
        beam_size: int, the prefixes that the search keeps, see `prefix_beam_labels`; 1 for the most
            probable path. Defaults to 8.
        dropout: float from 0 to 1 (not included), the dropout rate of the features before the last
            layer. Defaults to 0.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> head = PhonemeRecognition(("s", "ɛ"), most=3)
    >>> head.encode([["s", "ɛ"], ["ɛ"]]).tolist()
    [[1, 2, 0], [2, 0, 0]]
    >>> head.decode([np.eye(3)[[1, 1, 0, 2]] * 9])
    ['s ɛ']
    """

    kinds: ClassVar[tuple[str, ...]] = ("phonemes",)

    phonemes: tuple[str, ...]
    most: int
    beam_size: int = 8
    dropout: float = 0.0

    def __post_init__(self) -> None:
        require_class_names(self.phonemes)
        require_shares(dropout=self.dropout)
        if min(self.most, self.beam_size) < 1:
            raise InputError(
                "Expected `most` and `beam_size` of at least 1. Received: "
                f"most={self.most}, beam_size={self.beam_size}"
            )

    @classmethod
    def for_samples(cls, samples: Source, column: str | None = None, **settings: Any) -> Self:
        """Returns a head for the phonemes of the samples.

        Args:
            samples: the training `Source`.
            column: str, the target column. Defaults to the only one of kind `phonemes`.
            **settings: `beam_size` and `dropout`.

        Raises:
            InputError: if there is no such target.
        """
        name = cls.column_of(samples, column)
        most = max(map(len, samples.values[name]))
        return cls(samples.columns[name].class_names or (), most, **settings)

    def build(self, features: Mapping[str, Any], name: str = "head") -> keras.KerasTensor:
        """Puts the head's layers on features.

        Args:
            features: dictionary of symbolic tensors, `features` of shape `(batch, frames,
                width)` and `frame_mask` of shape `(batch, frames)`.
            name: str, what the names of the layers begin with.

        Returns:
            Symbolic logits of shape `(batch, frames, classes)`, in float32 also under mixed
            precision; in frames of padding the blank is certain.

        Raises:
            InputError: if the features are others.
        """
        if not isinstance(features, Mapping) or "frame_mask" not in features:
            raise InputError(
                "Expected features with a `frame_mask`, such as those of `frame_encoder`. "
                f"Received: {type(features).__name__}. Attach the head with pooling='sequence'"
            )
        classes = len(self.phonemes) + 1
        logits = last_layer(features["features"], classes, dropout=self.dropout, name=name)
        blanks = CertainBlank(name=f"{name}_padding", dtype="float32")
        return blanks([logits, features["frame_mask"]])

    def loss(self) -> keras.losses.Loss:
        """Returns the loss to compile a model with."""
        return CTCLoss()

    def encode(self, targets: Sequence[Sequence[str]]) -> np.ndarray:
        """Returns phonemes as the loss takes them.

        Args:
            targets: sequence of sequences of str.

        Returns:
            int32 array of shape `(samples, labels)`, with 0 behind the last.

        Raises:
            InputError: if there is a phoneme that the head does not know.
        """
        codes = {name: code for code, name in enumerate(self.phonemes, start=BLANK + 1)}
        try:
            rows = [[codes[name] for name in sequence] for sequence in targets]
        except KeyError as error:
            (name,) = error.args
            raise InputError(
                f"Expected phonemes to train on or validate with out of {len(codes)}. Received: "
                f"{name!r}.{closest(name, list(codes))}"
            ) from error
        longest = max(map(len, rows), default=1)
        return padded(rows, len(rows), -(-longest // self.most) * self.most, BLANK)

    def predict(self, model: keras.Model, batches: Iterable[Any], steps: int) -> np.ndarray:
        """Returns the logits of all samples, with certain blanks behind those of shorter batches.

        Args:
            model: the model.
            batches: iterable of `(inputs,)`, as `PhonemePreprocessor.prepare` gives them.
            steps: int, the number of batches.

        Returns:
            float32 array of shape `(samples, frames, classes)`.
        """
        found = [np.asarray(model.predict_on_batch(inputs)) for (inputs,) in islice(batches, steps)]
        longest = max(logits.shape[1] for logits in found)
        return np.concatenate([certain_blanks(logits, longest) for logits in found])

    def labels(self, outputs: Sequence[np.ndarray]) -> list[list[str]]:
        """Returns the phonemes of each sample.

        Args:
            outputs: list of arrays of logits of shape `(frames, classes)`.

        Returns:
            List of lists of str.
        """
        order = sorted(range(len(outputs)), key=lambda at: len(outputs[at]))
        found: list[list[str]] = [[] for _ in outputs]
        for start in range(0, len(order), _ROWS):
            chosen = order[start : start + _ROWS]
            longest = max(len(outputs[at]) for at in chosen)
            rows = np.concatenate([certain_blanks(outputs[at][None], longest) for at in chosen])
            if self.beam_size == 1:
                decoded = greedy_labels(rows)
            else:
                decoded = prefix_beam_labels(rows, self.beam_size)
            for at, codes in zip(chosen, decoded, strict=True):
                found[at] = [self.phonemes[code - BLANK - 1] for code in codes]
        return found

    def decode(self, outputs: Sequence[np.ndarray]) -> list[str]:
        """Returns the phonemes of each sample as a text, with blanks between them.

        Args:
            outputs: list of arrays of logits of shape `(frames, classes)`.
        """
        return [" ".join(names) for names in self.labels(outputs)]

    def evaluate(
        self, targets: Sequence[Sequence[str]], outputs: Sequence[np.ndarray]
    ) -> Evaluation:
        """Returns the phoneme error rate and the share without an error; see `evaluate_phonemes`.

        Args:
            targets: sequence of sequences of str.
            outputs: list of arrays of logits of shape `(frames, classes)`.
        """
        return evaluate_phonemes(targets, self.labels(outputs))

    def errors(self, targets: Sequence[Sequence[str]], outputs: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the phoneme error rate of each sample.

        Args:
            targets: sequence of sequences of str.
            outputs: list of arrays of logits of shape `(frames, classes)`.
        """
        pairs = zip(targets, self.labels(outputs), strict=True)
        return np.array([edit_distance(names, answer) / len(names) for names, answer in pairs])

    def examples(
        self, targets: Sequence[Sequence[str]], outputs: Sequence[np.ndarray]
    ) -> list[dict[str, Any]]:
        """Returns what was recognized and what was said, as texts."""
        pairs = zip(self.decode(outputs), targets, strict=True)
        return [{"predicted": answer, "true": " ".join(names)} for answer, names in pairs]

    def pictures(
        self, targets: Sequence[Sequence[str]], outputs: Sequence[np.ndarray]
    ) -> "dict[str, Figure]":
        """Returns a figure of the probability of each phoneme over time, in the first sample."""
        said = f"said: {' '.join(targets[0])}"
        return {"first_sample": posterior_picture(outputs[0], self.phonemes, said)}
