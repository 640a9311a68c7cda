"""Numbers that a model takes as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Source, gathered
from kerastune.data.columns import shapes_agree
from kerastune.data.finite import require_finite
from kerastune.errors import InputError
from kerastune.preprocessing.preprocessor import Preprocessor

_NUMERIC = ("array", "image", "audio", "number")


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass
class ArrayPreprocessor(Preprocessor):
    """Gives a model the inputs as they are, as arrays.

    Args:
        columns: tuple of str, the columns of inputs. Of one, the model takes the array; of
            several, a dictionary of arrays by column. Defaults to none, until it is fitted.
        shapes: dictionary from a column to the shape of one of its values, with None for a
            length that may differ. Others than that are refused. Defaults to none, until it
            is fitted; then it holds the columns whose description tells a shape.

    Example:

    >>> ArrayPreprocessor(("array",))([[1.0, 2.0]]).shape
    (1, 2)
    """

    columns: tuple[str, ...] = ()
    shapes: Mapping[str, tuple[int | None, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.columns = tuple(self.columns)
        self.shapes = {name: tuple(shape) for name, shape in self.shapes.items()}

    @property
    def is_by_sample(self) -> bool:  # type: ignore[override]
        """bool, whether no length may differ from batch to batch."""
        return all(None not in shape for shape in self.shapes.values())

    def fit(self, samples: Source) -> Self:
        """Finds the columns of the training samples, all inputs.

        Args:
            samples: the training `Source`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if an input is not of numbers, or an array holds NaN or infinity.
        """
        for name in samples.inputs:
            if samples.columns[name].kind not in _NUMERIC:
                raise InputError(
                    f"Expected inputs of kind {', '.join(_NUMERIC)} in {samples.name}. Received: "
                    f"{name!r} of kind {samples.columns[name].described}. Give a preprocessor"
                )
        self.columns = samples.inputs
        self.check(samples)
        described = {name: samples.columns[name].shape for name in samples.inputs}
        self.shapes = {name: shape for name, shape in described.items() if shape}
        return self

    def check(self, samples: Source) -> None:
        """Refuses arrays in memory with NaN or infinity, with row and column.

        Args:
            samples: `Source` with the columns to read.

        Raises:
            InputError: if there is one.
        """
        for name in self.columns:
            require_finite(samples, name)

    def prepare(self, inputs: Mapping[str, Any]) -> Any:
        """Returns the inputs as an array, or a dictionary of arrays.

        Args:
            inputs: dictionary from each column to its values.

        Raises:
            InputError: if values are no numbers, or differ in shape.
        """
        arrays = {
            name: _as_array(inputs[name], name, self.shapes.get(name)) for name in self.columns
        }
        return next(iter(arrays.values())) if len(arrays) == 1 else arrays

    def get_config(self) -> dict[str, Any]:
        """Returns the columns, and the shapes of their values."""
        shapes = {name: list(shape) for name, shape in self.shapes.items()}
        return {"columns": list(self.columns), "shapes": shapes}


def _as_array(values: Any, name: str, shape: tuple[int | None, ...] | None) -> np.ndarray:
    """Returns the values of a column as one array of numbers."""
    found = gathered(values)
    try:
        array = np.asarray(found)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "iufb":
        raise InputError(
            f"Expected numbers of one shape in the column {name!r}. Received: values such as "
            f"{values[0]!r}"
        )
    if shape is not None and not shapes_agree(array.shape[1:], shape):
        raise InputError(
            f"Expected values of shape {shape} in the column {name!r}, as in training. Received: "
            f"shape {array.shape[1:]}"
        )
    return array
