"""A head that predicts the median of quantities, and quantiles around it."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import keras
import numpy as np
from keras import ops

from kerastune import evaluation
from kerastune.errors import InputError
from kerastune.heads.distributions import quantiles_of
from kerastune.heads.last_layer import last_layer
from kerastune.heads.losses import PinballLoss
from kerastune.heads.standardised import Standardised
from kerastune.heads.training_metrics import LeadingR2
from kerastune.heads.values import report_value
from kerastune.shares import require_shares

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class Quantile(Standardised):
    """Quantiles of quantities, learned by the pinball loss.

    Nothing is supposed of how targets are distributed. The quantiles are the median and gaps
    above 0 to both sides of it, so they never cross, not while they are learned either. The
    last layer starts at zero, which stands for the quantiles of a normal distribution with the
    mean and the standard deviation of the training targets. Where there are validation samples,
    intervals are widened or narrowed by what these ask for.

    Args:
        mean: tuple of floats, the mean of each target in the training samples.
        standard_deviation: tuple of floats above 0, likewise.
        quantiles: tuple of floats between 0 and 1, in ascending order, 0.5 among them.
            Two that add up to 1 bound an interval. Defaults to `(0.05, 0.5, 0.95)`.
        dropout: float from 0 to 1 (not included), the dropout rate of the features
            before the last layer. Defaults to 0.
        margins: tuple of a tuple of floats for each quantile, what is added to it for each
            target, in standard deviations of the training targets, see `calibrated`. Defaults to
            nothing.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> head = Quantile.fitted_to(np.array([[10.0], [30.0]]))
    >>> untrained = np.zeros((1, 3))
    >>> head.decode(untrained).tolist(), head.intervals(untrained).round(1).tolist()
    ([[20.0]], [[[3.6, 36.4]]])
    """

    quantiles: tuple[float, ...] = (0.05, 0.5, 0.95)
    dropout: float = 0.0
    margins: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        edges = (0.0, *self.quantiles, 1.0)
        ascending = all(low < high for low, high in pairwise(edges))
        if not ascending or 0.5 not in self.quantiles:
            raise InputError(
                "Expected quantiles between 0 and 1 in ascending order, the median 0.5 among "
                f"them. Received: quantiles={self.quantiles}"
            )
        require_shares(dropout=self.dropout)
        shape = (len(self.quantiles), len(self.mean))
        if self.margins and np.shape(self.margins) != shape:
            raise InputError(
                f"Expected margins of shape {shape}, one for each quantile and target. Received: "
                f"shape {np.shape(self.margins)}"
            )

    def calibrated(self, targets: np.ndarray, outputs: np.ndarray) -> Self:
        """Returns the head with intervals moved so that they hold their share of the samples.

        Both ends of an interval between two quantiles that add up to 1 move by the same margin,
        outwards or inwards, but not across the median. Of samples like these the intervals then
        hold at least their share on average, whatever the model has learned. Each interval has a
        margin of its own, and quantiles without a partner have none.

        Args:
            targets: array of shape `(samples, targets)`, of the validation samples, in units.
            outputs: array of shape `(samples, quantiles * targets)`, the model's outputs for them.

        Returns:
            A `Quantile` with `margins`.

        Reference:
            Romano, Patterson and Candès, 2019, "Conformalized Quantile Regression", theorem 1,
            https://arxiv.org/abs/1905.03222

        Example:

        >>> head = Quantile.fitted_to(np.array([[10.0], [30.0]]))
        >>> wider = head.calibrated(np.arange(0.0, 200.0)[:, None], np.zeros((200, 3)))
        >>> wider.intervals(np.zeros((1, 3))).round(1).tolist()
        [[[-140.0, 180.0]]]
        """
        unmoved = replace(self, margins=())
        found = unmoved.predicted_quantiles(outputs)
        true = np.asarray(targets, "float64").reshape(found.shape[:-1])
        margins = np.zeros((len(self.quantiles), len(self.mean)))
        for coverage, (low, high) in evaluation.central_pairs(self.quantiles).items():
            outside = np.maximum(found[..., low] - true, true - found[..., high])
            # Fewer samples than it takes, 9 for an interval of 90 %, give what holds them all.
            rank = min(math.ceil(coverage * (len(true) + 1)), len(true))
            margin = np.sort(outside, axis=0)[rank - 1]
            margins[low], margins[high] = -margin, margin
        standardised = margins / self.standard_deviation
        return replace(self, margins=tuple(map(tuple, standardised.tolist())))

    def build(self, features: keras.KerasTensor, name: str = "head") -> keras.KerasTensor:
        """Puts the head's layers on features.

        Args:
            features: symbolic tensor of shape `(batch, width)`.
            name: str, what the names of the layers begin with.

        Returns:
            Symbolic outputs of shape `(batch, quantiles * targets)`: standardised medians,
            then what becomes gaps; in float32 also under mixed precision.
        """
        units = len(self.quantiles) * len(self.mean)
        return last_layer(features, units, dropout=self.dropout, name=name, output="output")

    def loss(self) -> keras.losses.Loss:
        """Returns the loss to compile a model with, on standardised targets."""
        return PinballLoss(self.quantiles)

    def metrics(self) -> list[keras.metrics.Metric]:
        """Returns new metrics to compile with: R² of the medians, of standardised targets."""
        return [LeadingR2(name="r2")]

    def predicted_quantiles(self, outputs: np.ndarray) -> np.ndarray:
        """Returns all quantiles in units.

        Args:
            outputs: array of shape `(samples, quantiles * targets)`, as the model gives them.

        Returns:
            float64 array of shape `(samples, targets, quantiles)`, in ascending order.
        """
        found = quantiles_of(ops.convert_to_tensor(outputs, "float32"), self.quantiles)
        standardised = np.moveaxis(ops.convert_to_numpy(found), -1, 0)
        if self.margins:
            moved = standardised + np.asarray(self.margins)[:, np.newaxis]
            # Margins inwards, and those of several intervals, must not make quantiles cross.
            median = self.quantiles.index(0.5)
            below = np.minimum.accumulate(moved[median::-1], axis=0)[::-1]
            standardised = np.concatenate(
                [below, np.maximum.accumulate(moved[median:], axis=0)[1:]]
            )
        return np.stack([self.in_units(values) for values in standardised], axis=-1)

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Returns medians in units.

        Args:
            outputs: array of shape `(samples, quantiles * targets)`, as the model gives them.

        Returns:
            float64 array of shape `(samples, targets)`.
        """
        return self.in_units(np.asarray(outputs)[:, : len(self.mean)])

    def intervals(self, outputs: np.ndarray, coverage: float = 0.9) -> np.ndarray:
        """Returns intervals around the median that hold quantities with some probability.

        Args:
            outputs: array of shape `(samples, quantiles * targets)`, as the model gives them.
            coverage: float between 0 and 1, the probability, which two of the quantiles must
                bound: 0.05 and 0.95 for 0.9. Defaults to 0.9.

        Returns:
            float64 array of shape `(samples, targets, 2)`: lower and upper ends, in units.

        Raises:
            InputError: if the quantiles for this coverage are not learned.
        """
        pairs = evaluation.central_pairs(self.quantiles)
        for known, pair in pairs.items():
            if abs(known - coverage) < 1e-9:
                return self.predicted_quantiles(outputs)[..., list(pair)]
        raise InputError(
            f"Expected a coverage that two of the quantiles {self.quantiles} bound: "
            f"{' or '.join(f'{known:g}' for known in pairs) or 'there is none'}. "
            f"Received: coverage={coverage}. Train a head with other quantiles"
        )

    def evaluate(self, targets: np.ndarray, outputs: np.ndarray) -> evaluation.Evaluation:
        """Returns pinball loss, errors of the medians, and coverage.

        Args:
            targets: array of shape `(samples, targets)`, in units.
            outputs: array of shape `(samples, quantiles * targets)`, as the model gives them.

        Returns:
            An `Evaluation`, as `kerastune.evaluation.evaluate_quantiles` gives it.
        """
        return evaluation.evaluate_quantiles(
            targets, self.predicted_quantiles(outputs), self.quantiles
        )

    def pictures(self, targets: np.ndarray, outputs: np.ndarray) -> "dict[str, Figure]":
        """Returns medians against true quantities, and how often these lie below each quantile."""
        found = self.predicted_quantiles(outputs)
        return {
            "predictions": evaluation.prediction_scatter(targets, self.decode(outputs)),
            "calibration": evaluation.quantile_picture(targets, found, self.quantiles),
        }

    def examples(self, targets: np.ndarray, outputs: np.ndarray) -> list[dict[str, Any]]:
        """Returns the predicted and the true quantity, and the lowest and the highest quantile."""
        found = self.predicted_quantiles(outputs)
        rows = zip(self.decode(outputs), np.asarray(targets), found, strict=True)
        return [
            {
                "predicted": report_value(median),
                "true": report_value(target),
                f"quantile {self.quantiles[0]:g}": report_value(row[:, 0]),
                f"quantile {self.quantiles[-1]:g}": report_value(row[:, -1]),
            }
            for median, target, row in rows
        ]
