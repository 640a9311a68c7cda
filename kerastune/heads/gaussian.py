"""A head that predicts quantities with how sure it is of them: a mean and a deviation."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import keras
import numpy as np
from keras import ops

from kerastune import evaluation
from kerastune.errors import InputError
from kerastune.heads.distributions import gaussian_of
from kerastune.heads.last_layer import last_layer
from kerastune.heads.losses import GaussianNegativeLogLikelihood
from kerastune.heads.standardised import Standardised
from kerastune.heads.training_metrics import LeadingR2
from kerastune.heads.values import report_value
from kerastune.shares import require_shares

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class Gaussian(Standardised):
    """Quantities as normal distributions, learned by their negative log-likelihood.

    The last layer starts at zero, which stands for the mean and the standard deviation of
    the training targets. A deviation that is learned is of what the inputs leave open, not of
    what too few samples leave open: a network that knows its samples by heart is too sure. Where
    there are validation samples, all deviations are therefore scaled by what these ask for.

    Args:
        mean: tuple of floats, the mean of each target in the training samples.
        standard_deviation: tuple of floats above 0, likewise.
        minimum_deviation: float between 0 and 1, the lowest standard deviation that can be
            predicted, as a share of that of the training targets. Defaults to 0.01; the lower
            it is, the further one sample that was missed can throw the weights.
        dropout: float from 0 to 1 (not included), the dropout rate of the features
            before the last layer. Defaults to 0.
        deviation_scale: tuple of floats above 0, by what the deviations of each target are
            multiplied, see `calibrated`. Defaults to nothing, for 1.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> head = Gaussian.fitted_to(np.array([[10.0], [30.0]]))
    >>> untrained = np.zeros((1, 2))
    >>> head.decode(untrained).tolist(), head.standard_deviations(untrained).round(4).tolist()
    ([[20.0]], [[10.0]])
    >>> head.intervals(untrained, coverage=0.9).round(1).tolist()
    [[[3.6, 36.4]]]
    """

    minimum_deviation: float = 0.01
    dropout: float = 0.0
    deviation_scale: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        lengths = (0, len(self.mean))
        scales = self.deviation_scale
        if len(scales) not in lengths or not all(0 < scale < np.inf for scale in scales):
            raise InputError(
                "Expected a `deviation_scale` above 0 for each target. Received: "
                f"{self.deviation_scale}"
            )
        if not 0 < self.minimum_deviation < 1:
            raise InputError(
                f"Expected `minimum_deviation` between 0 and 1. Received: {self.minimum_deviation}"
            )
        require_shares(dropout=self.dropout)

    def build(self, features: keras.KerasTensor, name: str = "head") -> keras.KerasTensor:
        """Puts the head's layers on features.

        Args:
            features: symbolic tensor of shape `(batch, width)`.
            name: str, what the names of the layers begin with.

        Returns:
            Symbolic outputs of shape `(batch, 2 * targets)`: standardised means, then what
            becomes deviations; in float32 also under mixed precision.
        """
        units = 2 * len(self.mean)
        return last_layer(features, units, dropout=self.dropout, name=name, output="output")

    def loss(self) -> keras.losses.Loss:
        """Returns the loss to compile a model with, on standardised targets."""
        return GaussianNegativeLogLikelihood(self.minimum_deviation)

    def metrics(self) -> list[keras.metrics.Metric]:
        """Returns new metrics to compile a model with, on standardised targets: R² of the means."""
        return [LeadingR2(name="r2")]

    def calibrated(self, targets: np.ndarray, outputs: np.ndarray) -> Self:
        """Returns the head with deviations scaled so that the samples are as likely as can be.

        The scale is the root of the mean of squared errors in predicted deviations. The means
        stay as they are.

        Args:
            targets: array of shape `(samples, targets)`, of the validation samples, in units.
            outputs: array of shape `(samples, 2 * targets)`, the model's outputs for them.

        Returns:
            A `Gaussian` with a `deviation_scale`.

        Reference:
            Laves et al., 2020, "Well-Calibrated Regression Uncertainty in Medical Imaging with
            Deep Learning", equation 9, https://proceedings.mlr.press/v121/laves20a.html

        Example:

        >>> head = Gaussian.fitted_to(np.array([[10.0], [30.0]]))
        >>> head.calibrated(np.array([[50.0], [20.0]]), np.zeros((2, 2))).deviation_scale
        (2.1213...,)
        """
        unscaled = replace(self, deviation_scale=())
        means, deviations = unscaled.decode(outputs), unscaled.standard_deviations(outputs)
        off = (np.asarray(targets, "float64").reshape(means.shape) - means) / deviations
        scales = np.sqrt(np.mean(off**2, axis=0))
        # Not even samples that are met exactly say that there is no deviation.
        return replace(self, deviation_scale=tuple(np.maximum(scales, 1e-3).tolist()))

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Returns means in units.

        Args:
            outputs: array of shape `(samples, 2 * targets)`, as the model gives them.

        Returns:
            float64 array of shape `(samples, targets)`.
        """
        return self.in_units(np.asarray(outputs)[:, : len(self.mean)])

    def standard_deviations(self, outputs: np.ndarray) -> np.ndarray:
        """Returns standard deviations in units.

        Args:
            outputs: array of shape `(samples, 2 * targets)`, as the model gives them.

        Returns:
            float64 array of shape `(samples, targets)`, above 0.
        """
        _, deviation = gaussian_of(
            ops.convert_to_tensor(outputs, "float32"), self.minimum_deviation
        )
        standardised = np.asarray(ops.convert_to_numpy(deviation), "float64")
        scales = np.asarray(self.deviation_scale or 1.0)
        return standardised * scales * self.standard_deviation

    def intervals(self, outputs: np.ndarray, coverage: float = 0.9) -> np.ndarray:
        """Returns intervals around the mean that hold quantities with some probability.

        Args:
            outputs: array of shape `(samples, 2 * targets)`, as the model gives them.
            coverage: float between 0 and 1, the probability. Defaults to 0.9.

        Returns:
            float64 array of shape `(samples, targets, 2)`: lower and upper ends, in units.

        Raises:
            InputError: if the coverage is not between 0 and 1.
        """
        return evaluation.gaussian_intervals(*self._in_units(outputs), coverage)

    def evaluate(self, targets: np.ndarray, outputs: np.ndarray) -> evaluation.Evaluation:
        """Returns errors of the means, likelihood, and the coverage and width of intervals.

        Args:
            targets: array of shape `(samples, targets)`, in units.
            outputs: array of shape `(samples, 2 * targets)`, as the model gives them.

        Returns:
            An `Evaluation`, as `kerastune.evaluation.evaluate_gaussian` gives it.
        """
        return evaluation.evaluate_gaussian(targets, *self._in_units(outputs))

    def pictures(self, targets: np.ndarray, outputs: np.ndarray) -> "dict[str, Figure]":
        """Returns predicted against true quantities, and how often these lie in the intervals."""
        means, deviations = self._in_units(outputs)
        return {
            "predictions": evaluation.prediction_scatter(targets, means),
            "calibration": evaluation.gaussian_coverage_picture(targets, means, deviations),
        }

    def examples(self, targets: np.ndarray, outputs: np.ndarray) -> list[dict[str, Any]]:
        """Returns the predicted and the true quantity, and the predicted standard deviation."""
        rows = zip(*self._in_units(outputs), np.asarray(targets), strict=True)
        return [
            {
                "predicted": report_value(mean),
                "true": report_value(target),
                "standard_deviation": report_value(deviation),
            }
            for mean, deviation, target in rows
        ]

    def _in_units(self, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.decode(outputs), self.standard_deviations(outputs)
