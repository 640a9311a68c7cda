"""A head that tells the rank of a sample: classes, or a few whole numbers, in an order."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import keras
import numpy as np
from scipy.special import expit

from kerastune import evaluation
from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.heads.head import Head
from kerastune.heads.last_layer import last_layer, require_class_names
from kerastune.heads.losses import CornLoss
from kerastune.heads.ranks import ranks_of, whole_quantities
from kerastune.heads.training_metrics import MeanRankError
from kerastune.shares import require_shares

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class Ordinal(Head):
    """One class out of two or more that have an order, such as grades.

    Each class but the last has a logit: how probable it is that a sample ranks above it if
    it ranks at least there. The product of these up to a class is the probability to rank
    above it, which never grows from one class to the next; the rank that is predicted is
    the median of them. See `CornLoss`.

    Args:
        class_names: tuple of str, at least two, without repetition, the lowest first. The
            order of names that are not whole numbers is that of the data, often the
            alphabet's: look at it.
        values: tuple of floats in ascending order, the quantity that each class stands for,
            if quantities are learned, or None for classes.
        dropout: float from 0 to 1 (not included), the dropout rate of the features
            before the last layer. Defaults to 0.

    Raises:
        InputError: if a value is out of its range.

    Reference:
        Shi, Cao and Raschka, 2021, "Deep Neural Networks for Rank-Consistent Ordinal
        Regression Based On Conditional Probabilities", https://arxiv.org/abs/2111.08851

    Example:

    >>> head = Ordinal(("poor", "fair", "good"))
    >>> head.encode(np.array([0, 2])).tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    >>> head.decode(np.array([[3.0, -3.0]]))
    ['fair']
    """

    kinds: ClassVar[tuple[str, ...]] = ("class", "quantity")

    class_names: tuple[str, ...]
    values: tuple[float, ...] | None = None
    dropout: float = 0.0

    def __post_init__(self) -> None:
        require_class_names(self.class_names)
        if self.values is not None and (
            len(self.values) != len(self.class_names) or not (np.diff(self.values) > 0).all()
        ):
            raise InputError(
                f"Expected a number for each of {len(self.class_names)} classes, in ascending "
                f"order. Received: values={self.values}"
            )
        require_shares(dropout=self.dropout)

    @classmethod
    def for_samples(
        cls,
        samples: Source,
        column: str | None = None,
        *,
        values: tuple[float, ...] | None = None,
        **settings: Any,
    ) -> Self:
        """Returns a head for the classes of the samples, or for their few whole numbers.

        Args:
            samples: the training `Source`.
            column: str, the target column. Defaults to the only one of kind `class` or
                `quantity`.
            values: tuple of floats, all quantities that there may be, for a column of kind
                `quantity`. Defaults to those that occur in the training samples.
            **settings: `dropout`.

        Returns:
            An `Ordinal`.

        Raises:
            InputError: if there is no such target, or quantities are not whole numbers, or
                more than 100 different ones.
        """
        name = cls.column_of(samples, column)
        if samples.columns[name].kind == "quantity":
            ranks = values or whole_quantities(np.asarray(samples.values[name]), name)
            return cls(tuple(f"{rank:.15g}" for rank in ranks), tuple(ranks), **settings)
        if values is not None:
            raise InputError(
                f"Expected `values` for a column of kind quantity only. Received: {name!r} of "
                f"kind {samples.columns[name].described}. Leave them out"
            )
        return cls(samples.columns[name].class_names or (), **settings)

    def build(self, features: keras.KerasTensor, name: str = "head") -> keras.KerasTensor:
        """Puts the head's layers on features.

        Args:
            features: symbolic tensor of shape `(batch, width)`.
            name: str, what the names of the layers begin with.

        Returns:
            Symbolic logits of shape `(batch, classes - 1)`, in float32 also under mixed
            precision.
        """
        return last_layer(features, len(self.class_names) - 1, dropout=self.dropout, name=name)

    def loss(self) -> keras.losses.Loss:
        """Returns the loss to compile a model with."""
        return CornLoss()

    def metrics(self) -> list[keras.metrics.Metric]:
        """Returns new metrics to compile a model with: by how many ranks predictions are off."""
        return [MeanRankError(name="mean_rank_error")]

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Returns classes or quantities as the loss takes them.

        Args:
            targets: int array of shape `(samples,)`, positions in `class_names`; or array of
                quantities out of `values`, of shape `(samples,)` or `(samples, 1)`.

        Returns:
            float32 array of shape `(samples, classes - 1)`: as many ones as the rank, then
            zeros.

        Raises:
            InputError: if a target is none of the classes or quantities.
        """
        thresholds = np.arange(len(self.class_names) - 1)
        return (self._ranks(targets)[:, np.newaxis] > thresholds).astype("float32")

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Returns the probability of each class.

        Args:
            outputs: array of logits of shape `(samples, classes - 1)`, as the model gives
                them.

        Returns:
            float64 array of shape `(samples, classes)`; each row adds up to one.
        """
        above = _above(outputs)
        ones, zeros = np.ones((len(above), 1)), np.zeros((len(above), 1))
        at_least = np.concatenate([ones, above], axis=1)
        return at_least - np.concatenate([above, zeros], axis=1)

    def decode(self, outputs: np.ndarray) -> Any:
        """Returns the classes or quantities that are predicted.

        Args:
            outputs: array of logits, as the model gives them.

        Returns:
            List of class names, one a sample; or, for quantities, float64 array of shape
            `(samples, 1)`.
        """
        ranks = _predicted(outputs)
        if self.values is not None:
            return np.asarray(self.values, "float64")[ranks][:, np.newaxis]
        return [self.class_names[rank] for rank in ranks]

    def evaluate(self, targets: np.ndarray, outputs: np.ndarray) -> evaluation.Evaluation:
        """Evaluates accuracy, errors in ranks, kappa, calibration; of quantities, errors in units.

        Args:
            targets: as for `encode`.
            outputs: array of logits.

        Returns:
            An `Evaluation`, as `kerastune.evaluation.evaluate_ranks` gives it, with what
            `kerastune.evaluation.evaluate_quantities` gives for quantities.

        Raises:
            InputError: if a target is none of the classes or quantities.
        """
        of_ranks = evaluation.evaluate_ranks(
            self._ranks(targets),
            _predicted(outputs),
            self.probabilities(outputs),
            self.class_names,
        )
        if self.values is None:
            return of_ranks
        in_units = evaluation.evaluate_quantities(targets, self.decode(outputs))
        return evaluation.Evaluation.joined([of_ranks, in_units])

    def errors(self, targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Returns the error of each answer: ranks off, and the probability of the predicted one.

        Args:
            targets: as for `encode`.
            outputs: array of logits.

        Returns:
            float64 array of shape `(samples,)`: the ranks between the predicted and the true
            one, less 1, plus the probability of the predicted one; 0 if it is right.
        """
        predicted, true = _predicted(outputs), self._ranks(targets)
        probabilities = self.probabilities(outputs)[np.arange(len(true)), predicted]
        off = np.abs(predicted - true)
        return np.where(off > 0, off - 1 + probabilities, 0.0)

    def pictures(self, targets: np.ndarray, outputs: np.ndarray) -> "dict[str, Figure]":
        """Returns the confusion matrix, and how far probabilities can be believed."""
        confusion = self.evaluate(targets, outputs)["confusion"]
        return {
            "confusion": evaluation.confusion_picture(confusion, self.class_names),
            "calibration": evaluation.calibration_picture(
                self._ranks(targets), self.probabilities(outputs)
            ),
        }

    def examples(self, targets: np.ndarray, outputs: np.ndarray) -> list[dict[str, Any]]:
        """Returns the predicted and the true class, and the probability of the predicted one."""
        rows = zip(
            _predicted(outputs), self._ranks(targets), self.probabilities(outputs), strict=True
        )
        return [
            {
                "predicted": self.class_names[predicted],
                "true": self.class_names[true],
                "probability": round(float(row[predicted]), 3),
            }
            for predicted, true, row in rows
        ]

    def _ranks(self, targets: np.ndarray) -> np.ndarray:
        return ranks_of(targets, self.class_names, self.values)


def _above(logits: np.ndarray) -> np.ndarray:
    """Returns the probability to rank above each class but the last."""
    return np.cumprod(expit(np.asarray(logits, "float64")), axis=1)


def _predicted(logits: np.ndarray) -> np.ndarray:
    return (_above(logits) > 0.5).sum(axis=1)
