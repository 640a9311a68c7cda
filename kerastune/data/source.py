"""The one idea of data: samples that can be counted and fetched by position."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kerastune.data.columns import Column, input_column
from kerastune.data.earlier_source import earlier_attribute
from kerastune.data.in_pieces import Rows
from kerastune.data.lazy import Joined
from kerastune.data.mapped import is_mapped, mapped_array
from kerastune.data.rows_taken import RowsTaken
from kerastune.errors import InputError, WrongDataError, closest


@dataclass(frozen=True, eq=False)
class Source:
    """Samples with named columns, that can be counted and fetched by position.

    Like a Grain source it has a length, and `source[position]` is a dictionary from the
    name of a column to its value.

    Args:
        values: dictionary from the name of a column to its values: a list, an array of
            shape `(samples, ...)`, or any sequence, which may read its items when they are
            asked for. At least one column, all of one length.
        columns: dictionary from the name of each column to its `Column`.
        targets: tuple of str, the columns to predict; the others are inputs.
        name: str, what the samples are, for reports.
        notes: tuple of str, what cleaning did to the samples, one line each.
        rows: array of int of shape `(samples,)`, where each sample was in the data as they were
            given, for messages. Defaults to None, for as they are.

    Raises:
        InputError: if the lengths differ, a column is not described, or a target is no
            column.

    Example:

    >>> source = Source.of(["good", "bad", "fine"], [1, 0, 1], class_names=("no", "yes"))
    >>> len(source), source[1]
    (3, {'text': 'bad', 'label': np.int64(0)})
    >>> source.inputs, source.targets, source.columns["label"].class_names
    (('text',), ('label',), ('no', 'yes'))
    >>> source.select([2]).values["text"]
    ['fine']
    """

    values: Mapping[str, Any]
    columns: Mapping[str, Column]
    targets: tuple[str, ...] = ()
    name: str = "data"
    notes: tuple[str, ...] = ()
    rows: np.ndarray | None = None

    def __post_init__(self) -> None:
        lengths = {name: len(values) for name, values in self.values.items()}
        if len(set(lengths.values())) != 1:
            raise InputError(
                "Expected at least one column, and one value in each for each sample. "
                f"Received: {lengths or 'no columns'}"
            )
        if set(self.values) != set(self.columns) or not set(self.targets) <= set(self.columns):
            raise InputError(
                f"Expected a description of each of {list(self.values)}, and targets out of them. "
                f"Received: descriptions of {list(self.columns)}, targets {list(self.targets)}"
            )

    @classmethod
    def of(
        cls,
        inputs: Any,
        labels: Any,
        *,
        class_names: Sequence[str] | None = None,
        input_name: str | None = None,
        label_name: str = "label",
        name: str = "data",
        notes: tuple[str, ...] = (),
    ) -> "Source":
        """Returns samples with one input and one target.

        Args:
            inputs: sequence of inputs; see `input_column` for how its kind is told.
            labels: array-like of int, positions in `class_names`; or of numbers, if there
                are no class names.
            class_names: sequence of str, or None for quantities.
            input_name: str, the name of the column of inputs. Defaults to its kind.
            label_name: str, the name of the column of labels. Defaults to `"label"`.
            name: str, what the samples are.
            notes: tuple of str, what cleaning did to them.

        Returns:
            A `Source`.

        Raises:
            InputError: if the lengths differ, the inputs are of no known kind, or both
                columns have one name.
        """
        described = input_column(inputs)
        labels = np.asarray(labels)
        label = (
            Column("quantity", shape=labels.shape[1:])
            if class_names is None
            else Column("class", class_names=tuple(class_names))
        )
        input_name = input_name or described.kind
        if input_name == label_name:
            raise InputError(
                f"Expected two names, for the inputs and for the labels. Received: {label_name!r} "
                "for both"
            )
        return cls(
            {input_name: inputs, label_name: labels},
            {input_name: described, label_name: label},
            (label_name,),
            name,
            notes,
        )

    def __getattr__(self, name: str) -> Any:
        return earlier_attribute(self, name)

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def __getitem__(self, position: int) -> dict[str, Any]:
        # A range knows what an index means, and ends an iteration by its IndexError.
        index = range(len(self))[position]
        return {name: values[index] for name, values in self.values.items()}

    @property
    def inputs(self) -> tuple[str, ...]:
        """tuple of str, the names of the columns that are not targets."""
        return tuple(name for name in self.values if name not in self.targets)

    @property
    def target_values(self) -> Any:
        """The values of the target; a dictionary by column if there are several, None if none."""
        values = {name: self.values[name] for name in self.targets}
        return next(iter(values.values())) if len(values) == 1 else values or None

    @property
    def row_numbers(self) -> np.ndarray:
        """int array of shape `(samples,)`: where each sample was in the data as they were given."""
        return np.arange(len(self)) if self.rows is None else self.rows

    def row(self, position: int) -> int:
        """Returns the row of a sample in the data as they were given, counted from 0.

        Args:
            position: int.
        """
        return position if self.rows is None else int(self.rows[position])

    def input(self, *kinds: str) -> str:
        """Returns the name of the only input of some kinds.

        Args:
            *kinds: str, the kinds that will do, see `KINDS`.

        Raises:
            InputError: if there is none, or several.
        """
        return self._only(kinds, self.inputs, "input")

    def target(self, *kinds: str) -> str:
        """Returns the name of the only target of some kinds.

        Args:
            *kinds: str, the kinds that will do, see `KINDS`.

        Raises:
            InputError: if there is none, or several.
        """
        return self._only(kinds, self.targets, "target")

    def select(self, positions: Sequence[int] | np.ndarray) -> "Source":
        """Returns the samples at some positions, in the order given.

        Args:
            positions: sequence of int.

        Returns:
            A `Source` with the same columns.
        """
        chosen = np.asarray(positions, dtype=int)
        take = RowsTaken(chosen)
        values = {name: take(values) for name, values in self.values.items()}
        return replace(self, values=values, rows=self.row_numbers[chosen])

    def joined(self, other: "Source") -> "Source":
        """Returns these samples and then those of another source with the same columns.

        Args:
            other: `Source`.

        Returns:
            A `Source`.
        """
        values = {name: _joined(column, other.values[name]) for name, column in self.values.items()}
        rows = np.concatenate([self.row_numbers, other.row_numbers])
        return replace(self, values=values, rows=rows)

    def with_column(self, name: str, values: Any, column: Column) -> "Source":
        """Returns the samples with one column replaced or added.

        Args:
            name: str, the name of the column.
            values: sequence of as many values as there are samples.
            column: its `Column`.

        Returns:
            A `Source`.
        """
        return replace(
            self, values={**self.values, name: values}, columns={**self.columns, name: column}
        )

    def with_targets(self, *names: str) -> "Source":
        """Returns the samples with these columns as the targets, and all others as inputs.

        Args:
            *names: str, names of columns.

        Returns:
            A `Source`.

        Raises:
            InputError: if there is no such column.
        """
        for name in names:
            self.require(name)
        return replace(self, targets=names)

    def require(self, name: str) -> None:
        """Raises unless there is a column of some name.

        Args:
            name: str.

        Raises:
            InputError: if there is none, with the closest name.
        """
        if name not in self.columns:
            raise InputError(
                f"Expected a column {name!r} in {self.name}. Received: columns "
                f"{', '.join(map(repr, self.columns))}.{closest(name, list(self.columns))}"
            )

    def _only(self, kinds: Sequence[str], among: Sequence[str], role: str) -> str:
        """Returns the only one of some columns that is of one of some kinds."""
        fitting = [name for name in among if self.columns[name].kind in kinds]
        if len(fitting) == 1:
            return fitting[0]
        found = ", ".join(f"{name!r} of kind {self.columns[name].described}" for name in among)
        expected = "one" if fitting else "an" if role[0] in "aeiou" else "a"
        raise WrongDataError(
            f"Expected {expected} {role} of kind {' or '.join(kinds)} in {self.name}. "
            f"Received: {role}s {found or 'none'}. {_ADVICE.get(kinds[0], _OTHER_DATA)}"
        )


_OTHER_DATA = "Choose other data, or another recipe"
_ADVICE = {
    "class": "Choose a recipe for regression, or give labels that are classes",
    "quantity": "Choose a recipe for classification, or give labels that are quantities",
    "multilabel": "Give each sample a list of labels, or choose a recipe for classification",
    "image": "Give each image the shape (height, width, channels), or choose another recipe",
    "array": "Give each sample the same columns of numbers, or choose another recipe",
}


def _joined(first: Any, second: Any) -> Any:
    """Returns the values of a column, and then those of another."""
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        if first.ndim == 1 and is_mapped(first):
            return mapped_array([first, second], first.dtype)
        return np.concatenate([first, second])
    if isinstance(first, list) and isinstance(second, list):
        return first + second
    if isinstance(first, Rows) and isinstance(second, Rows) and first.column is second.column:
        return Rows(first.column, np.concatenate([first.positions, second.positions]))
    return Joined(first, second)
