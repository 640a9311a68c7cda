"""Numbers that a model takes as they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Source, gathered
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

    Example:

    >>> ArrayPreprocessor(("array",))([[1.0, 2.0]]).shape
    (1, 2)
    """

    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.columns = tuple(self.columns)

    def fit(self, samples: Source) -> Self:
        """Finds the columns of the training samples, all inputs.

        Args:
            samples: the training `Source`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if an input is not of numbers.
        """
        for name in samples.inputs:
            if samples.columns[name].kind not in _NUMERIC:
                raise InputError(
                    f"Expected inputs of kind {', '.join(_NUMERIC)} in {samples.name}. Received: "
                    f"{name!r} of kind {samples.columns[name].described}. Give a preprocessor"
                )
        self.columns = samples.inputs
        return self

    def prepare(self, inputs: Mapping[str, Any]) -> Any:
        """The inputs as an array, or a dictionary of arrays.

        Args:
            inputs: dictionary from each column to its values.

        Raises:
            InputError: if values are no numbers, or differ in shape.
        """
        arrays = {name: _as_array(inputs[name], name) for name in self.columns}
        return next(iter(arrays.values())) if len(arrays) == 1 else arrays

    def get_config(self) -> dict[str, Any]:
        """The columns."""
        return {"columns": list(self.columns)}


def _as_array(values: Any, name: str) -> np.ndarray:
    """The values of a column as one array of numbers."""
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
    return array
