"""A head that tells which labels hold for a sample: none, one or several."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import keras
import numpy as np
from scipy.special import expit

from kerastune import evaluation
from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.heads.class_weights import balanced_positive_weights, weights_by_name
from kerastune.heads.head import Head
from kerastune.heads.last_layer import last_layer, require_weights
from kerastune.heads.losses import WeightedBinaryCrossentropy
from kerastune.shares import require_shares

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class Multilabel(Head):
    """Any number of labels out of some, each with a probability of its own.

    Each label has a logit and binary cross-entropy. A label is predicted where its
    probability is above its threshold: 0.5, until `calibrated` sets it by the F1 on the
    validation samples. The last layer starts at zero, so that training begins from
    probabilities of 0.5.

    Args:
        class_names: tuple of str, the labels, without repetition; at least one.
        label_smoothing: float from 0 to 1 (not included): zeros and ones are moved by half
            of it towards 0.5. Defaults to 0.
        class_weights: tuple of floats of 0 or more, the weight of each label in the loss, or
            None for equal weights.
        positive_weights: tuple of floats of 0 or more, by how much more a sample counts for
            which the label holds, or None for equally much. See `balanced_positive_weights`.
        dropout: float from 0 to 1 (not included), the dropout rate of the features
            before the last layer. Defaults to 0.
        thresholds: tuple of floats from 0 to 1 (not included), one a label, or None for 0.5.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> head = Multilabel(("cat", "dog"))
    >>> head.decode(np.array([[-3.0, 3.0], [3.0, 3.0], [-3.0, -3.0]]))
    [('dog',), ('cat', 'dog'), ()]
    """

    kinds: ClassVar[tuple[str, ...]] = ("multilabel",)

    class_names: tuple[str, ...]
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    positive_weights: tuple[float, ...] | None = None
    dropout: float = 0.0
    thresholds: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        count = len(self.class_names)
        if not count or len(set(self.class_names)) < count:
            raise InputError(
                f"Expected at least one label, none of them twice. Received: {self.class_names}"
            )
        require_shares(label_smoothing=self.label_smoothing, dropout=self.dropout)
        require_weights("class_weights", self.class_weights, count)
        require_weights("positive_weights", self.positive_weights, count)
        if self.thresholds is not None and (
            len(self.thresholds) != count or not all(0 <= limit < 1 for limit in self.thresholds)
        ):
            raise InputError(
                f"Expected a threshold from 0 up to, not including, 1 for each of {count} "
                f"labels. Received: thresholds={self.thresholds}"
            )

    @classmethod
    def for_samples(
        cls,
        samples: Source,
        column: str | None = None,
        *,
        balance_classes: bool = False,
        **settings: Any,
    ) -> Self:
        """Returns a head for the labels of the samples.

        Args:
            samples: the training `Source`.
            column: str, the target column. Defaults to the only one of kind `multilabel`.
            balance_classes: bool, whether samples with a label and without count the same,
                see `balanced_positive_weights`. Defaults to False.
            **settings: as for the class.

        Returns:
            A `Multilabel`.

        Raises:
            InputError: if there is no such target, or labels cannot be balanced.
        """
        name = cls.column_of(samples, column)
        head = cls(samples.columns[name].class_names or (), **settings)
        return head.with_class_weights("balanced", samples, name) if balance_classes else head

    def with_class_weights(
        self,
        class_weights: str | Mapping[str, Any],
        samples: Source,
        column: str | None = None,
    ) -> Self:
        """Returns the head with weights of labels by name, or with balanced ones; see `Head`.

        Balanced, samples with a label and without count the same: `positive_weights`.
        """
        if isinstance(class_weights, Mapping):
            weights = weights_by_name(class_weights, self.class_names)
            return replace(self, class_weights=weights, positive_weights=None)
        balanced = balanced_positive_weights(samples, self.column_of(samples, column))
        return replace(self, class_weights=None, positive_weights=balanced)

    def build(self, features: keras.KerasTensor, name: str = "head") -> keras.KerasTensor:
        """Puts the head's layers on features.

        Args:
            features: symbolic tensor of shape `(batch, width)`.
            name: str, what the names of the layers begin with.

        Returns:
            Symbolic logits of shape `(batch, labels)`, in float32 also under mixed precision.
        """
        return last_layer(features, len(self.class_names), dropout=self.dropout, name=name)

    def loss(self) -> keras.losses.Loss:
        """Returns the loss to compile a model with."""
        return WeightedBinaryCrossentropy(
            self.class_weights, self.positive_weights, self.label_smoothing
        )

    def metrics(self) -> list[keras.metrics.Metric]:
        """Returns new metrics to compile with: the share of labels that are right at 0.5."""
        return [keras.metrics.BinaryAccuracy(name="label_accuracy", threshold=0.0)]

    def encode(self, labels: np.ndarray) -> np.ndarray:
        """Returns labels as the loss takes them.

        Args:
            labels: array of shape `(samples, labels)`, 1 for each label that holds, else 0.

        Returns:
            float32 array of the same shape.

        Raises:
            InputError: if there are more or fewer labels.
        """
        values = np.asarray(labels, "float32")
        if values.ndim != 2 or values.shape[1] != len(self.class_names):
            raise InputError(
                f"Expected labels of shape (samples, {len(self.class_names)}). "
                f"Received: shape {values.shape}"
            )
        return values

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Returns the probability of each label.

        Args:
            outputs: array of logits of shape `(samples, labels)`, as the model gives them.

        Returns:
            float64 array of the same shape; rows need not add up to one.
        """
        return expit(np.asarray(outputs, "float64"))

    def calibrated(self, targets: np.ndarray, outputs: np.ndarray) -> Self:
        """Returns the head with the threshold of each label at which its F1 is highest.

        Args:
            targets: array of shape `(samples, labels)`, of the validation samples. A label
                that holds for none of them keeps 0.5.
            outputs: array of logits for them.

        Returns:
            A `Multilabel` with `thresholds`.
        """
        found = evaluation.best_thresholds(targets, self.probabilities(outputs))
        return replace(self, thresholds=found)

    def decode(self, outputs: np.ndarray) -> list[tuple[str, ...]]:
        """Returns the names of the labels that hold.

        Args:
            outputs: array of logits, as the model gives them.

        Returns:
            List of tuples of labels, one a sample, in the order of `class_names`.
        """
        above = self.probabilities(outputs) > np.asarray(self._limits)
        return [
            tuple(name for name, holds in zip(self.class_names, row, strict=True) if holds)
            for row in above
        ]

    def evaluate(self, targets: np.ndarray, outputs: np.ndarray) -> evaluation.Evaluation:
        """Returns F1, subset accuracy, Hamming loss, average precision, log loss and calibration.

        Args:
            targets: array of shape `(samples, labels)`, 1 for each label that holds, else 0.
            outputs: array of logits.

        Returns:
            An `Evaluation`, as `kerastune.evaluation.evaluate_labels` gives it.
        """
        return evaluation.evaluate_labels(
            targets, self.probabilities(outputs), self.class_names, self._limits
        )

    def errors(self, targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Returns the error of each answer: the confidence in the label that is most wrong.

        Args:
            targets: array of shape `(samples, labels)`, 1 for each label that holds, else 0.
            outputs: array of logits.

        Returns:
            float64 array of shape `(samples,)`: the highest probability of a wrong label that
            is predicted, or of the absence of one that is not; 0 if all are right.
        """
        probabilities = self.probabilities(outputs)
        above = probabilities > np.asarray(self._limits)
        confidence = np.where(above, probabilities, 1 - probabilities)
        return np.where(above != (np.asarray(targets) == 1), confidence, 0.0).max(axis=1)

    def pictures(self, targets: np.ndarray, outputs: np.ndarray) -> "dict[str, Figure]":
        """Returns a figure of the calibration of probabilities."""
        picture = evaluation.reliability_picture(
            self.probabilities(outputs),
            np.asarray(targets) == 1,
            "probability of a label",
            "share of cases in which it holds",
        )
        return {"calibration": picture}

    def examples(self, targets: np.ndarray, outputs: np.ndarray) -> list[dict[str, Any]]:
        """Returns predicted and true labels, and the probability of the most probable one."""
        rows = zip(self.decode(outputs), targets, self.probabilities(outputs), strict=True)
        return [
            {
                "predicted": _listed(predicted),
                "true": _listed([self.class_names[index] for index in np.flatnonzero(holds)]),
                "most_probable": self.class_names[row.argmax()],
                "probability": round(float(row.max()), 3),
            }
            for predicted, holds, row in rows
        ]

    @property
    def _limits(self) -> tuple[float, ...]:
        """The threshold of each label."""
        return self.thresholds or (0.5,) * len(self.class_names)


def _listed(names: Any) -> str:
    return ", ".join(names) or "none"
