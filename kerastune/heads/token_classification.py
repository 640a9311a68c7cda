"""A head that gives every token a tag."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import keras
import numpy as np

from kerastune import evaluation
from kerastune.data import IGNORED_TAG, Source, are_span_tags
from kerastune.data.span_tags import OUTSIDE
from kerastune.errors import InputError
from kerastune.evaluation.spans import evaluate_tags, spans_of
from kerastune.heads.class_weights import balanced_weights, weights_by_name
from kerastune.heads.head import Head
from kerastune.heads.last_layer import last_layer, require_class_names
from kerastune.heads.token_accuracy import TokenAccuracy
from kerastune.heads.token_tags import most_probable_tags, tags_by_position, tags_text
from kerastune.shares import require_shares

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class TokenClassification(Head):
    """One tag out of two or more for each token, such as a part of speech or of a name.

    The features are a vector for each position: attach it with `pooling="sequence"`. The
    loss is the cross-entropy, averaged over the positions that have a tag; those with
    `kerastune.data.IGNORED_TAG`, such as padding and all but the first piece of a word, do
    not count. Outputs are taken by token, as `TokenPreprocessor` aligns them: a list of
    arrays `(tokens, tags)`, in which a row of NaN stands for a token without an output. Its
    answer is `O` where that is a tag, and else None.

    Args:
        class_names: tuple of str, the tags: at least two, without repetition. If they mark
            spans, such as `B-person`, answers are measured by span.
        class_weights: tuple of floats, the weight of each tag in the loss, or None for equal
            weights. The loss is divided by the sum of the weights of a batch.
        label_smoothing: float from 0 to 1 (not included), the share of each label that is
            spread over all tags. Defaults to 0.
        dropout: float from 0 to 1 (not included), the dropout rate of the features before
            the last layer. Defaults to 0.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> head = TokenClassification(("B-person", "I-person", "O"))
    >>> head.encode(np.array([[0, 2, -1]])).tolist()
    [[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]]
    >>> outputs = [np.array([[5.0, 0.0, 0.0], [0.0, 0.0, 5.0]])]
    >>> head.decode(outputs), head.spans(outputs)
    ([['B-person', 'O']], [[('person', 0, 1)]])
    """

    kinds: ClassVar[tuple[str, ...]] = ("tags",)

    class_names: tuple[str, ...]
    class_weights: tuple[float, ...] | None = None
    label_smoothing: float = 0.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        require_class_names(self.class_names)
        require_shares(label_smoothing=self.label_smoothing, dropout=self.dropout)
        weights = self.class_weights
        if weights is not None and (
            len(weights) != len(self.class_names) or not all(weight > 0 for weight in weights)
        ):
            raise InputError(
                f"Expected a weight above 0 for each of {len(self.class_names)} tags. "
                f"Received: class_weights={weights}"
            )

    @classmethod
    def for_samples(cls, samples: Source, column: str | None = None, **settings: Any) -> Self:
        """Returns a head for the tags of the samples.

        Args:
            samples: the training `Source`.
            column: str, the target column. Defaults to the only one of kind `tags`.
            **settings: `class_weights`, `label_smoothing` and `dropout`.

        Returns:
            A `TokenClassification`.

        Raises:
            InputError: if there is no such target.
        """
        target = samples.columns[cls.column_of(samples, column)]
        return cls(target.class_names or (), **settings)

    def with_class_weights(
        self,
        class_weights: str | Mapping[str, Any],
        samples: Source,
        column: str | None = None,
    ) -> Self:
        """Returns the head with weights of tags, balanced over tokens or by name; see `Head`."""
        if isinstance(class_weights, Mapping):
            weights = weights_by_name(class_weights, self.class_names)
        else:
            values = samples.values[self.column_of(samples, column)]
            tags = np.concatenate([np.asarray(row, int) for row in values])
            weights = balanced_weights(tags[tags != IGNORED_TAG], self.class_names)
        return replace(self, class_weights=weights)

    def build(self, features: keras.KerasTensor, name: str = "head") -> keras.KerasTensor:
        """Puts the head's layers on features.

        Args:
            features: symbolic tensor of shape `(batch, positions, width)`.
            name: str, what the names of the layers begin with.

        Returns:
            Symbolic logits of shape `(batch, positions, tags)`, in float32 also under mixed
            precision.

        Raises:
            InputError: if the features are not a vector for each position.
        """
        if len(features.shape) != 3:
            raise InputError(
                "Expected features of shape (batch, positions, width). Received: "
                f"{tuple(features.shape)}. Attach the head with pooling='sequence'"
            )
        return last_layer(features, len(self.class_names), dropout=self.dropout, name=name)

    def loss(self) -> keras.losses.Loss:
        """Returns the loss to compile a model with."""
        # Other reductions divide by the number of positions, ignored ones included.
        return keras.losses.CategoricalCrossentropy(
            from_logits=True,
            label_smoothing=self.label_smoothing,
            reduction="mean_with_sample_weight",
        )

    def metrics(self) -> list[keras.metrics.Metric]:
        """Returns new metrics to compile with: the accuracy over positions with a tag."""
        return [TokenAccuracy()]

    def encode(self, targets: Any) -> np.ndarray:
        """Returns tags as the loss takes them.

        Args:
            targets: int array of shape `(samples, positions)`: positions in `class_names`,
                or `IGNORED_TAG`.

        Returns:
            float32 array of shape `(samples, positions, tags)`: one-hot rows, and zeros for
            what is ignored.

        Raises:
            InputError: if the samples have different numbers of tags, or there is no such
                tag.
        """
        tags = tags_by_position(targets, len(self.class_names))
        # One more row for what is ignored, which the position -1 takes.
        rows = np.eye(len(self.class_names) + 1, len(self.class_names), dtype="float32")
        return rows[tags]

    def sample_weights(self, targets: Any) -> np.ndarray:
        """Returns the weight of each position in the loss.

        Args:
            targets: as for `encode`.

        Returns:
            float32 array of shape `(samples, positions)`: 0 for what is ignored.
        """
        weights = self.class_weights or (1.0,) * len(self.class_names)
        tags = tags_by_position(targets, len(self.class_names))
        return np.array([*weights, 0.0], "float32")[tags]

    def probabilities(self, outputs: Any) -> list[np.ndarray]:
        """Returns the probability of each tag, for each token.

        Args:
            outputs: list of arrays of logits of shape `(tokens, tags)`, one a sample.

        Returns:
            List of float64 arrays of the same shapes; each row adds up to one, or is NaN.
        """
        found = []
        for sample in outputs:
            logits = np.asarray(sample, "float64")
            exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
            found.append(exponentials / exponentials.sum(axis=-1, keepdims=True))
        return found

    def decode(self, outputs: Any) -> list[list[str | None]]:
        """Returns the most probable tags.

        Args:
            outputs: list of arrays of logits of shape `(tokens, tags)`, one a sample.

        Returns:
            List of lists of class names; None for a token that has no output, where `O` is
            no tag.
        """
        names = [*self.class_names, None]
        predicted = most_probable_tags(outputs, self.class_names)
        return [[names[tag] for tag in sample] for sample in predicted]

    def spans(self, outputs: Any) -> list[list[tuple[str, int, int]]]:
        """Returns the spans of tokens that the most probable tags mark.

        Args:
            outputs: list of arrays of logits of shape `(tokens, tags)`, one a sample.

        Returns:
            For each sample, a list of tuples of the type, the position of the first token,
            and the position behind the last.

        Raises:
            InputError: if the tags mark no spans.
            MissingExtraError: if seqeval is not installed.
        """
        if not are_span_tags(self.class_names):
            raise InputError(
                "Expected tags that mark spans, O, B-, I-, E- and S-. Received: "
                f"{', '.join(self.class_names)}"
            )
        return [spans_of([tag or OUTSIDE for tag in tags]) for tags in self.decode(outputs)]

    def evaluate(self, targets: Any, outputs: Any) -> evaluation.Evaluation:
        """Returns precision, recall and F1 of spans or tags, accuracy and calibration of tokens.

        Args:
            targets: sequence of the tags of each sample, sequences of int, one a token.
            outputs: list of arrays of logits of shape `(tokens, tags)`, one a sample.

        Returns:
            An `Evaluation`, as `kerastune.evaluation.spans.evaluate_tags` gives it, with
            `calibration_error` over the tokens that have an output; and where some have
            none, `answered_tokens`, the share of those that have.

        Raises:
            InputError: if there is not an output for each token.
            MissingExtraError: if the tags mark spans and seqeval is not installed.
        """
        predicted = most_probable_tags(outputs, self.class_names)
        found = evaluate_tags(targets, predicted, self.class_names)
        labels, probabilities, answered = self._answered(targets, outputs)
        error = evaluation.expected_calibration_error(labels, probabilities)
        extra = [evaluation.Metric("calibration_error", error, higher_is_better=False)]
        if not answered.all():
            extra.append(evaluation.Metric("answered_tokens", float(answered.mean())))
        return evaluation.Evaluation([*found.metrics, *extra], found.tables)

    def errors(self, targets: Any, outputs: Any) -> np.ndarray:
        """Returns the error of each answer: the highest probability of a wrong tag.

        Args:
            targets: sequence of the tags of each sample, sequences of int, one a token.
            outputs: list of arrays of logits of shape `(tokens, tags)`, one a sample.

        Returns:
            float64 array of shape `(samples,)`; 0 if all tags are right. Tokens without an
            output do not count.
        """
        found = np.zeros(len(targets))
        for at, (tags, rows) in enumerate(zip(targets, self.probabilities(outputs), strict=True)):
            is_wrong = (rows.argmax(axis=1) != np.asarray(tags)) & ~np.isnan(rows).any(axis=1)
            found[at] = rows[is_wrong].max(initial=0.0)
        return found

    def pictures(self, targets: Any, outputs: Any) -> "dict[str, Figure]":
        """Returns a figure of the calibration of probabilities."""
        labels, probabilities, _ = self._answered(targets, outputs)
        return {"calibration": evaluation.calibration_picture(labels, probabilities)}

    def examples(self, targets: Any, outputs: Any) -> list[dict[str, Any]]:
        """Returns the spans, with the numbers of their tokens counted from 1; or all the tags."""
        true = [[self.class_names[tag] for tag in tags] for tags in targets]
        return [
            {
                "predicted": tags_text(answers, self.class_names),
                "true": tags_text(tags, self.class_names),
            }
            for answers, tags in zip(self.decode(outputs), true, strict=True)
        ]

    def _answered(self, targets: Any, outputs: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns tags and probabilities of the tokens that have an output, and which have one."""
        rows = np.concatenate(self.probabilities(outputs))
        labels = np.concatenate([np.asarray(tags) for tags in targets])
        answered = ~np.isnan(rows).any(axis=1)
        return labels[answered], rows[answered], answered
