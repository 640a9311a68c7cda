"""From columns of numbers, or arrays of them, to one array of rows."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Column, Source, open_table_like
from kerastune.data.finite import require_finite
from kerastune.errors import InputError
from kerastune.preprocessing.preprocessor import Preprocessor


@keras.saving.register_keras_serializable(package="kerastune")
class NumberRows(Preprocessor):
    """Gives a model one array of rows: that of the data, or the columns of a table side by side.

    Args:
        columns: sequence of str, the columns. Defaults to none, until it is fitted.
        is_table: bool, whether they are columns of single numbers. Defaults to False, until it
            is fitted.

    Example:

    >>> from kerastune.data import open_table
    >>> samples = open_table({"age": [20, 40], "size": [1.5, 1.8], "pay": [1.5, 2.5]}, target="pay")
    >>> rows = NumberRows().fit(samples)
    >>> rows.columns, rows([{"size": 1.0, "age": 50}]).tolist()
    (('age', 'size'), [[50.0, 1.0]])
    """

    is_by_sample = True

    def __init__(self, columns: Sequence[str] = (), is_table: bool = False) -> None:
        self.columns = tuple(columns)
        self.is_table = is_table

    def fit(self, samples: Source) -> Self:
        """Finds the columns of the training samples.

        Args:
            samples: `Source` with one input of kind `array`, or with inputs of kind `number`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if there is another input, or one of NaN or infinity.
        """
        kinds = {name: samples.columns[name].kind for name in samples.inputs}
        self.is_table = "array" not in kinds.values()
        wanted = ("number",) if self.is_table else ("array",)
        others = [name for name, kind in kinds.items() if kind not in wanted]
        if others or (not self.is_table and len(kinds) > 1):
            shown = ", ".join(f"{n!r} of kind {samples.columns[n].described}" for n in others)
            raise InputError(
                f"Expected rows of numbers in {samples.name}: columns of numbers, or one array. "
                f"Received: inputs {shown or list(kinds)}. Leave them out by `--drop`, or choose a "
                "recipe that reads them"
            )
        self.columns = samples.inputs
        self.check(samples)
        return self

    def check(self, samples: Source) -> None:
        """Refuses NaN and infinity, with the row and the column of the first.

        Args:
            samples: `Source` with the columns to read.

        Raises:
            InputError: if there is one.
        """
        for name in self.columns:
            if self.is_table:
                _require_numbers(samples, name)
            else:
                require_finite(samples, name)

    def by_column(self, inputs: Any) -> dict[str, Any]:
        """Returns raw inputs as a dictionary by column, however they were given.

        Args:
            inputs: a table, as for `kerastune.data.open_table`; or an array of rows, with as
                many numbers in each as there were columns in training.

        Returns:
            Dictionary from each name in `columns` to its values.

        Raises:
            InputError: if a column is missing, or a value is no number.
        """
        if not self.is_table:
            return super().by_column(inputs)
        if isinstance(inputs, np.ndarray) or _are_rows(inputs):
            inputs = self._named(inputs)
        numbers = open_table_like(inputs, dict.fromkeys(self.columns, Column("number")))
        self.check(numbers)
        return dict(numbers.values)

    def prepare(self, inputs: Mapping[str, Any]) -> np.ndarray:
        """Returns the rows.

        Args:
            inputs: dictionary from each name in `columns` to the values of a batch.

        Returns:
            float array of shape `(rows, columns)`.
        """
        values = [np.asarray(inputs[name]) for name in self.columns]
        return np.stack(values, axis=-1) if self.is_table else values[0]

    def get_config(self) -> dict[str, Any]:
        """Returns the columns, and whether they are those of a table."""
        return {"columns": list(self.columns), "is_table": self.is_table}

    def _named(self, rows: Any) -> dict[str, Any]:
        array = np.asarray(rows)
        if array.ndim != 2 or array.shape[1] != len(self.columns):
            raise InputError(
                f"Expected rows of {len(self.columns)} numbers: {', '.join(self.columns)}. "
                f"Received: shape {array.shape}"
            )
        return dict(zip(self.columns, array.T, strict=True))


def _require_numbers(samples: Source, name: str) -> None:
    """Raises if a row of a table has no number in a column."""
    values = np.asarray(samples.values[name])
    gaps = np.flatnonzero(~np.isfinite(values))
    if len(gaps):
        raise InputError(
            f"Expected a number in each row of the column {name!r} of {samples.name}. Received: "
            f"{values[gaps[0]]} in row {samples.row(int(gaps[0])) + 1}, and {len(gaps)} of "
            f"{len(values)} rows have such. Fill the gaps, or leave the column out by `--drop`"
        )


def _are_rows(inputs: Any) -> bool:
    return isinstance(inputs, list | tuple) and bool(inputs) and np.ndim(inputs[0]) == 1
