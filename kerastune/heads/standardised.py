"""Base of heads for quantities: they learn standardised numbers and answer in units."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.heads.head import Head


@dataclass(frozen=True)
class Standardised(Head):
    """A head that learns quantities as standardised numbers; a base class to extend.

    Losses such as the squared error depend on the unit of the target, and so do the right
    learning rate and weight decay. Targets are therefore standardised for training, with the
    mean and standard deviation given here, and answers are put back into units.

    Args:
        mean: tuple of floats, the mean of each target in the training samples.
        standard_deviation: tuple of floats above 0, likewise.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> head = Standardised.fitted_to(np.array([[10.0], [30.0]]))
    >>> head.mean, head.standard_deviation
    ((20.0,), (10.0,))
    >>> head.encode(np.array([[35.0]])).tolist()
    [[1.5]]
    """

    kinds: ClassVar[tuple[str, ...]] = ("quantity",)

    mean: tuple[float, ...]
    standard_deviation: tuple[float, ...]

    def __post_init__(self) -> None:
        # Written so that NaN fails too.
        if not 0 < len(self.mean) == len(self.standard_deviation) or not all(
            deviation > 0 for deviation in self.standard_deviation
        ):
            raise InputError(
                "Expected a mean and a standard deviation above 0 for each target. "
                f"Received: mean={self.mean}, standard_deviation={self.standard_deviation}"
            )

    @classmethod
    def for_samples(cls, samples: Source, column: str | None = None, **settings: Any) -> Self:
        """Returns a head for the quantities of the samples.

        Args:
            samples: the training `Source`.
            column: str, the target column. Defaults to the only one of kind `quantity`.
            **settings: as for the class.

        Returns:
            A head with the mean and standard deviation of the quantities.

        Raises:
            InputError: if there is no such target, or it never varies.
        """
        values = np.asarray(samples.values[cls.column_of(samples, column)])
        return cls.fitted_to(values.reshape(len(samples), -1), **settings)

    @classmethod
    def fitted_to(cls, targets: np.ndarray, **settings: Any) -> Self:
        """Returns a head for targets like these.

        Args:
            targets: array of shape `(samples, targets)`, those of the training samples.
            **settings: as for the class.

        Returns:
            A head with the mean and standard deviation of the targets.

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

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Returns targets as the loss takes them: standardised.

        Args:
            targets: array of shape `(samples, targets)`, or `(samples,)` for one, in units.

        Returns:
            float32 array of shape `(samples, targets)`.

        Raises:
            InputError: if there are more or fewer targets.
        """
        values = np.asarray(targets, "float64")
        rows = values[:, np.newaxis] if values.ndim == 1 else values
        if rows.shape[1:] != (len(self.mean),):
            raise InputError(
                f"Expected targets of shape (samples, {len(self.mean)}). "
                f"Received: shape {values.shape}"
            )
        standardised = (rows - self.mean) / self.standard_deviation
        return standardised.astype("float32")

    def errors(self, targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """Returns the error of each prediction, in standard deviations of the training targets.

        Args:
            targets: array of shape `(samples, targets)`, or `(samples,)` for one, in units.
            outputs: the model's outputs for them.

        Returns:
            float64 array of shape `(samples,)`: the largest of each sample.
        """
        predicted = np.asarray(self.decode(outputs), "float64")
        off = predicted - np.asarray(targets, "float64").reshape(predicted.shape)
        return np.abs(off / self.standard_deviation).max(axis=1)

    def in_units(self, standardised: np.ndarray) -> np.ndarray:
        """Returns standardised quantities in their units, as before `encode`.

        Args:
            standardised: array of shape `(samples, targets)`.

        Returns:
            float64 array of the same shape.
        """
        return np.asarray(standardised, "float64") * self.standard_deviation + self.mean
