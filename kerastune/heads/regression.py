"""A head that predicts one quantity or several."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras
import numpy as np

from kerastune import evaluation
from kerastune.errors import InputError
from kerastune.heads.last_layer import last_layer
from kerastune.heads.standardised import Standardised
from kerastune.shares import require_shares

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class Regression(Standardised):
    """Quantities, learned by squared error as standardised numbers.

    Args:
        mean: tuple of floats, the mean of each target in the training samples.
        standard_deviation: tuple of floats above 0, likewise.
        output_range: tuple of two floats in units, the lowest and the highest possible
            prediction (through a sigmoid), or None for no limits.
        dropout: float from 0 to 1 (not included), the dropout rate of the features
            before the last layer. Defaults to 0.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> head = Regression.fitted_to(np.array([[10.0], [30.0]]))
    >>> head.mean, head.standard_deviation
    ((20.0,), (10.0,))
    >>> head.encode(np.array([[35.0]])).tolist()
    [[1.5]]
    >>> head.decode(np.array([[1.5]])).tolist()
    [[35.0]]
    """

    output_range: tuple[float, float] | None = None
    dropout: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.output_range and not self.output_range[0] < self.output_range[1]:
            raise InputError(
                "Expected `output_range` as (lowest, highest). "
                f"Received: output_range={self.output_range}"
            )
        require_shares(dropout=self.dropout)

    def build(self, features: keras.KerasTensor, name: str = "head") -> keras.KerasTensor:
        """Puts the head's layers on features.

        Args:
            features: symbolic tensor of shape `(batch, width)`.
            name: str, what the names of the layers begin with.

        Returns:
            Symbolic standardised predictions of shape `(batch, targets)`, in float32
            also under mixed precision.
        """
        outputs = last_layer(
            features, len(self.mean), dropout=self.dropout, name=name, output="output"
        )
        if self.output_range is None:
            return outputs
        lowest, highest = (
            self.encode(np.full((1, len(self.mean)), edge)) for edge in self.output_range
        )
        # With `invert`, the layer computes input * sqrt(variance) + mean.
        return keras.layers.Normalization(
            mean=lowest[0].tolist(),
            variance=np.square(highest - lowest)[0].tolist(),
            invert=True,
            dtype="float32",
            name=f"{name}_range",
        )(keras.layers.Activation("sigmoid", dtype="float32", name=f"{name}_sigmoid")(outputs))

    def loss(self) -> keras.losses.Loss:
        """Returns the loss to compile a model with."""
        return keras.losses.MeanSquaredError()

    def metrics(self) -> list[keras.metrics.Metric]:
        """Returns new metrics to compile a model with, on standardised targets."""
        return [keras.metrics.R2Score(name="r2")]

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Returns predictions in units.

        Args:
            outputs: array of shape `(samples, targets)`, as the model gives them.

        Returns:
            float64 array of the same shape.
        """
        return self.in_units(outputs)

    def evaluate(self, targets: np.ndarray, outputs: np.ndarray) -> evaluation.Evaluation:
        """Evaluates errors in the unit of the targets, and R², also by output if several.

        Args:
            targets: array of shape `(samples, targets)`, in units.
            outputs: array of the same shape, as the model gives them.

        Returns:
            An `Evaluation`, as `kerastune.evaluation.evaluate_quantities` gives it.
        """
        return evaluation.evaluate_quantities(targets, self.decode(outputs))

    def pictures(self, targets: np.ndarray, outputs: np.ndarray) -> "dict[str, Figure]":
        """Returns predicted against true quantities."""
        return {"predictions": evaluation.prediction_scatter(targets, self.decode(outputs))}
