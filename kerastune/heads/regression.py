"""A head that predicts one quantity or several."""

from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np

from kerastune.errors import InputError


@dataclass(frozen=True)
class Regression:
    """Quantities, learned as standardised numbers and predicted in their own units.

    Mean squared error depends on the unit of the target, and so do the right learning
    rate and weight decay. Targets are therefore standardised for training, with the mean
    and standard deviation given here, and predictions are put back into units.

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

    mean: tuple[float, ...]
    standard_deviation: tuple[float, ...]
    output_range: tuple[float, float] | None = None
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if len(self.mean) != len(self.standard_deviation) or not all(
            deviation > 0 for deviation in self.standard_deviation
        ):
            raise InputError(
                "Expected a mean and a standard deviation above 0 for each target. "
                f"Received: mean={self.mean}, standard_deviation={self.standard_deviation}"
            )
        if self.output_range and not self.output_range[0] < self.output_range[1]:
            raise InputError(
                "Expected `output_range` as (lowest, highest). "
                f"Received: output_range={self.output_range}"
            )
        if not 0 <= self.dropout < 1:
            raise InputError(
                f"Expected `dropout` from 0 up to, not including, 1. Received: {self.dropout}"
            )

    @classmethod
    def fitted_to(cls, targets: np.ndarray, **settings: Any) -> "Regression":
        """A head for targets like these.

        Args:
            targets: array of shape `(samples, targets)`, those of the training samples.
            **settings: `output_range` and `dropout`.

        Returns:
            A `Regression` with the mean and standard deviation of the targets.

        Raises:
            InputError: if a target never varies.
        """
        values = np.asarray(targets, "float64")
        deviation = values.std(axis=0)
        if not np.all(deviation > 0):
            raise InputError(
                f"Expected targets that vary. Received: standard deviations {deviation.tolist()}"
            )
        return cls(tuple(values.mean(axis=0).tolist()), tuple(deviation.tolist()), **settings)

    def build(self, features: keras.KerasTensor) -> keras.KerasTensor:
        """Put the head's layers on features.

        Args:
            features: symbolic tensor of shape `(batch, width)`.

        Returns:
            Symbolic standardised predictions of shape `(batch, targets)`, in float32
            also under mixed precision.
        """
        if self.dropout:
            features = keras.layers.Dropout(self.dropout, name="head_dropout")(features)
        outputs = keras.layers.Dense(
            len(self.mean), kernel_initializer="zeros", dtype="float32", name="head_output"
        )(features)
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
            name="head_range",
        )(keras.layers.Activation("sigmoid", dtype="float32", name="head_sigmoid")(outputs))

    def loss(self) -> keras.losses.Loss:
        """The loss to compile a model with."""
        return keras.losses.MeanSquaredError()

    def metrics(self) -> list[keras.metrics.Metric]:
        """New metrics to compile a model with, on standardised targets."""
        return [keras.metrics.R2Score(name="r2")]

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Targets as the loss takes them: standardised.

        Args:
            targets: array of shape `(samples, targets)`, or `(samples,)` for one, in units.

        Returns:
            float32 array of shape `(samples, targets)`.
        """
        values = np.asarray(targets, "float64").reshape(-1, len(self.mean))
        standardised = (values - self.mean) / self.standard_deviation
        return standardised.astype("float32")

    def sample_weights(self, targets: np.ndarray) -> None:  # noqa: ARG002
        """None: every sample counts the same."""
        return

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Predictions in units.

        Args:
            outputs: array of shape `(samples, targets)`, as the model gives them.

        Returns:
            float64 array of the same shape.
        """
        return np.asarray(outputs, "float64") * self.standard_deviation + self.mean

    def to_dict(self) -> dict[str, Any]:
        """The head's settings, for JSON; `Regression(**settings)` reads them back."""
        return asdict(self)
