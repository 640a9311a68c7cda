"""From the columns of a table to the arrays that a network takes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import TABLE_KINDS, Column, Source, open_table_like
from kerastune.data.cells import count_missing
from kerastune.data.table_notes import listed
from kerastune.errors import InputError
from kerastune.preprocessing.category_columns import OTHER_CODE, CategoryColumn
from kerastune.preprocessing.date_columns import DateColumn
from kerastune.preprocessing.number_columns import SCALINGS, NumberColumn
from kerastune.preprocessing.preprocessor import Preprocessor

_RARE = "categories with fewer than {} training samples, which share a code"
_UNMARKED = "missing values in columns that have none in training"

FittedColumn = NumberColumn | CategoryColumn | DateColumn


@keras.saving.register_keras_serializable(package="kerastune")
class TablePreprocessor(Preprocessor):
    """Turns rows of a table into arrays of numbers and of codes of categories.

    - Numbers are scaled; a missing one becomes 0, the mean, and columns with missing values in
      training have a second number that is 1 where the value is missing. In a column without
      missing values in training, a missing one becomes 0 and nothing marks it.
    - Categories become codes: 0 where they are missing, 1 where they are rare or absent in the
      training samples, and one each from 2.
    - Dates become the days since the median date of training, in standard deviations, and the
      sine and cosine of the month, the weekday and the hour, of those that vary in training.

    The width is settled by the training samples and by what the columns are known to hold.
    What else samples hold that training lacked is no error; `noted` tells how much there is.

    Args:
        scaling: str, how numbers are scaled, a key of
            `kerastune.preprocessing.number_columns.SCALINGS`: `"standard"` or `"robust"`.
            Defaults to `"standard"`.
        min_category_count: int, the training samples that a category needs for a code of its
            own. Defaults to 5.

    Raises:
        InputError: if the scaling is not known, or the count less than 1.

    Example:

    >>> from kerastune.data import open_table
    >>> rows = {"age": [20, 40, None], "city": ["Bonn", "Bonn", "Rome"], "won": [1, 0, 1]}
    >>> samples = open_table(rows, target="won")
    >>> preprocessor = TablePreprocessor(min_category_count=2).fit(samples)
    >>> arrays = preprocessor({"age": [50, None], "city": ["Bonn", "Paris"]})
    >>> arrays["numbers"].tolist(), arrays["categories"].tolist()
    ([[2.0, 0.0], [0.0, 1.0]], [[2], [1]])
    """

    is_by_sample = True

    def __init__(
        self,
        scaling: str = "standard",
        min_category_count: int = 5,
        fitted: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        if scaling not in SCALINGS or min_category_count < 1:
            raise InputError(
                f"Expected a scaling out of {', '.join(SCALINGS)} and at least 1 sample of a "
                f"category. Received: scaling={scaling!r}, min_category_count={min_category_count}"
            )
        self.scaling = scaling
        self.min_category_count = min_category_count
        self._use(tuple(_restored(column) for column in fitted))

    def _use(self, fitted: tuple[FittedColumn, ...]) -> None:
        """Takes over what was learned of the columns."""
        self.fitted = fitted
        self.columns = tuple(column.name for column in fitted)
        self._categories = [column for column in fitted if isinstance(column, CategoryColumn)]
        self._numbers = [column for column in fitted if not isinstance(column, CategoryColumn)]

    def fit(self, samples: Source) -> Self:
        """Learns means, categories and dates from the training samples.

        Args:
            samples: the training `Source`, whose inputs are of kind `number`, `category` or
                `date`.

        Returns:
            The preprocessor itself, fitted.

        Raises:
            InputError: if an input is of another kind, or a column of numbers or dates holds
                none.
        """
        self._use(tuple(self._learned(samples, name) for name in samples.inputs))
        return self

    def _learned(self, samples: Source, name: str) -> FittedColumn:
        column, values = samples.columns[name], samples.values[name]
        if column.kind == "number":
            return NumberColumn.fit(name, values, self.scaling)
        if column.kind == "category":
            return CategoryColumn.fit(name, values, column.class_names, self.min_category_count)
        if column.kind == "date":
            return DateColumn.fit(name, values)
        raise InputError(
            f"Expected inputs of kind {', '.join(TABLE_KINDS)} in {samples.name}. Received: "
            f"{name!r} of kind {column.described}. Open the data with kerastune.data.open_table"
        )

    @property
    def number_width(self) -> int:
        """int, how many numbers stand for a row."""
        return sum(column.width for column in self._numbers)

    @property
    def category_sizes(self) -> tuple[int, ...]:
        """tuple of int, the number of codes of each column of categories."""
        return tuple(column.size for column in self._categories)

    def by_column(self, inputs: Any) -> dict[str, Any]:
        """Returns raw inputs as a dictionary by column, however they were given.

        Args:
            inputs: a table, as for `kerastune.data.open_table`, with the columns of the
                training data; others are left out.

        Returns:
            Dictionary from each name in `columns` to its values.

        Raises:
            InputError: if a column is missing, or a value does not fit it.
        """
        kinds = {column.name: Column(_KINDS[type(column)]) for column in self.fitted}
        return dict(open_table_like(inputs, kinds).values)

    def prepare(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Returns the arrays for a network.

        Args:
            inputs: dictionary from each name in `columns` to the values of a batch.

        Returns:
            Dictionary of `numbers`, float32 of shape `(batch, number_width)`, and
            `categories`, int32 of shape `(batch, len(category_sizes))`; one of which there are
            none is left out.

        Raises:
            InputError: if a value does not fit its column: a text in one of numbers, an
                infinite number.
        """
        arrays = {}
        if self._numbers:
            parts = [column(inputs[column.name]) for column in self._numbers]
            arrays["numbers"] = np.concatenate(parts, axis=1).astype("float32")
        if self._categories:
            codes = [column(inputs[column.name]) for column in self._categories]
            arrays["categories"] = np.stack(codes, axis=1)
        return arrays

    def notes_for(self, use: str, samples: Source) -> list[str]:
        """Returns notes on values that are merged or left out.

        Args:
            use: str, what they are for, such as `"training"`.
            samples: `Source`.

        Returns:
            List of str: a line on categories that share a code as rare or new ones, and one
            on missing values in columns that have none in training, where there are any.
        """
        merged = {
            column.name: int((column(samples.values[column.name]) == OTHER_CODE).sum())
            for column in self._categories
        }
        unmarked = {
            column.name: count_missing(samples.values[column.name])
            for column in self.fitted
            if not column.marks_missing
        }
        return [
            f"{use}: {text}: {listed({name: count for name, count in counts.items() if count})}"
            for text, counts in (
                (_RARE.format(self.min_category_count), merged),
                (_UNMARKED, unmarked),
            )
            if any(counts.values())
        ]

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, and what was learned of each column."""
        return {
            "scaling": self.scaling,
            "min_category_count": self.min_category_count,
            "fitted": [{"kind": _KINDS[type(column)], **asdict(column)} for column in self.fitted],
        }


_KINDS: dict[type, str] = {NumberColumn: "number", CategoryColumn: "category", DateColumn: "date"}


def _restored(saved: Mapping[str, Any]) -> FittedColumn:
    """Returns a fitted column from a configuration."""
    settings = {name: value for name, value in saved.items() if name != "kind"}
    if saved["kind"] == "number":
        return NumberColumn(**settings)
    if saved["kind"] == "category":
        settings |= {name: tuple(settings[name]) for name in ("categories", "rare")}
        return CategoryColumn(**settings)
    settings |= {"days": NumberColumn(**settings["days"]), "cycles": tuple(settings["cycles"])}
    return DateColumn(**settings)
