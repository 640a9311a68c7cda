"""A head that tells which class a sample belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import keras
import numpy as np

from kerastune import evaluation
from kerastune.data import Source
from kerastune.heads.class_weights import balanced_class_weights, weights_by_name
from kerastune.heads.head import Head
from kerastune.heads.last_layer import last_layer, require_class_names, require_weights
from kerastune.models.penalties import weight_penalty
from kerastune.shares import require_shares

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class Classification(Head):
    """One class out of two or more.

    Two classes share one logit and binary cross-entropy; more have a logit each and
    categorical cross-entropy. The last layer starts at zero, so that training begins
    from equal probabilities and from the same weights on every backend.

    Args:
        class_names: tuple of str, at least two, without repetition.
        label_smoothing: float from 0 to 1 (not included), the share of each label that
            is spread over all classes. Defaults to 0.
        class_weights: tuple of floats, the weight of each class in the loss, or None for
            equal weights. See `balanced_class_weights`.
        dropout: float from 0 to 1 (not included), the dropout rate of the features
            before the last layer. Defaults to 0.
        l1: float of at least 0, by which the sum of the absolute weights of the last layer,
            biases left out, is added to the loss. Defaults to 0.
        l2: float of at least 0, likewise for the sum of their squares. Defaults to 0.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> head = Classification(("cat", "dog"), label_smoothing=0.1)
    >>> head.encode(np.array([0, 1])).tolist()
    [[0.0], [1.0]]
    >>> head.decode(np.array([[-3.0], [3.0]]))
    ['cat', 'dog']
    """

    kinds: ClassVar[tuple[str, ...]] = ("class",)

    class_names: tuple[str, ...]
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    dropout: float = 0.0
    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        require_class_names(self.class_names)
        require_shares(label_smoothing=self.label_smoothing, dropout=self.dropout)
        require_weights("class_weights", self.class_weights, len(self.class_names))
        weight_penalty(self.l1, self.l2)

    @classmethod
    def for_samples(
        cls,
        samples: Source,
        column: str | None = None,
        *,
        balance_classes: bool = False,
        **settings: Any,
    ) -> Self:
        """Returns a head for the classes of the samples.

        Args:
            samples: the training `Source`.
            column: str, the target column. Defaults to the only one of kind `class`.
            balance_classes: bool, whether every class counts the same, see
                `balanced_class_weights`. Defaults to False.
            **settings: `label_smoothing`, `class_weights`, `dropout`, `l1` and `l2`.

        Returns:
            A `Classification`.

        Raises:
            InputError: if there is no such target.
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
        """Returns the head with weights of classes, balanced or by name; see `Head`."""
        if isinstance(class_weights, Mapping):
            weights = weights_by_name(class_weights, self.class_names)
        else:
            weights = balanced_class_weights(samples, self.column_of(samples, column))
        return replace(self, class_weights=weights)

    @property
    def is_binary(self) -> bool:
        """bool, whether there are just two classes."""
        return len(self.class_names) == 2

    def build(self, features: keras.KerasTensor, name: str = "head") -> keras.KerasTensor:
        """Puts the head's layers on features.

        Args:
            features: symbolic tensor of shape `(batch, width)`.
            name: str, what the names of the layers begin with.

        Returns:
            Symbolic logits of shape `(batch, 1)` for two classes, else
            `(batch, classes)`, in float32 also under mixed precision.
        """
        units = 1 if self.is_binary else len(self.class_names)
        return last_layer(
            features,
            units,
            dropout=self.dropout,
            name=name,
            penalty=weight_penalty(self.l1, self.l2),
        )

    def loss(self) -> keras.losses.Loss:
        """Returns the loss to compile a model with."""
        loss = (
            keras.losses.BinaryCrossentropy
            if self.is_binary
            else keras.losses.CategoricalCrossentropy
        )
        return loss(from_logits=True, label_smoothing=self.label_smoothing)

    def metrics(self) -> list[keras.metrics.Metric]:
        """Returns new metrics to compile a model with."""
        if self.is_binary:
            return [keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)]
        return [keras.metrics.CategoricalAccuracy(name="accuracy")]

    def encode(self, labels: np.ndarray) -> np.ndarray:
        """Returns labels as the loss takes them.

        Args:
            labels: int array of shape `(samples,)`, positions in `class_names`.

        Returns:
            float32 array: zeros and ones of shape `(samples, 1)` for two classes, else
            one-hot rows of shape `(samples, classes)`.
        """
        if self.is_binary:
            return np.asarray(labels, "float32")[:, None]
        return np.eye(len(self.class_names), dtype="float32")[labels]

    def sample_weights(self, labels: np.ndarray) -> np.ndarray | None:
        """Returns the weight of each sample in the loss.

        Args:
            labels: int array of shape `(samples,)`, positions in `class_names`.

        Returns:
            float32 array of shape `(samples,)`, or None without class weights.
        """
        if self.class_weights is None:
            return None
        return np.asarray(self.class_weights, "float32")[labels]

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Returns the probability of each class.

        Args:
            outputs: array of logits, as the model gives them.

        Returns:
            float64 array of shape `(samples, classes)`; each row adds up to one.
        """
        logits = np.asarray(outputs, "float64")
        if self.is_binary:
            logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    def decode(self, outputs: np.ndarray) -> list[str]:
        """Returns the names of the most probable classes.

        Args:
            outputs: array of logits, as the model gives them.

        Returns:
            List of class names, one a sample.
        """
        return [self.class_names[index] for index in self.probabilities(outputs).argmax(axis=1)]

    def evaluate(self, targets: np.ndarray, outputs: np.ndarray) -> evaluation.Evaluation:
        """Returns accuracy, macro averages, log loss and calibration; per class, and the confusion.

        Args:
            targets: int array of shape `(samples,)`, positions in `class_names`.
            outputs: array of logits.

        Returns:
            An `Evaluation`, as `kerastune.evaluation.evaluate_classes` gives it.
        """
        return evaluation.evaluate_classes(targets, self.probabilities(outputs), self.class_names)

    def errors(self, targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Returns the error of each answer: the probability of a wrong predicted class, or 0.

        Args:
            targets: int array of shape `(samples,)`, positions in `class_names`.
            outputs: array of logits.

        Returns:
            float64 array of shape `(samples,)`.
        """
        probabilities = self.probabilities(outputs)
        is_wrong = probabilities.argmax(axis=1) != np.asarray(targets)
        return np.where(is_wrong, probabilities.max(axis=1), 0.0)

    def pictures(self, targets: np.ndarray, outputs: np.ndarray) -> "dict[str, Figure]":
        """Returns the confusion matrix, and how far probabilities can be believed."""
        probabilities = self.probabilities(outputs)
        confusion = evaluation.classification_metrics(targets, probabilities, self.class_names)
        return {
            "confusion": evaluation.confusion_picture(confusion["confusion"], self.class_names),
            "calibration": evaluation.calibration_picture(targets, probabilities),
        }

    def examples(self, targets: np.ndarray, outputs: np.ndarray) -> list[dict[str, Any]]:
        """Returns the predicted and the true class, and the probability of the predicted one."""
        probabilities = self.probabilities(outputs)
        return [
            {
                "predicted": self.class_names[row.argmax()],
                "true": self.class_names[target],
                "probability": round(float(row.max()), 3),
            }
            for row, target in zip(probabilities, targets, strict=True)
        ]
