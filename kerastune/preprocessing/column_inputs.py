"""Raw inputs by column, however they were given."""

from collections.abc import Mapping
from typing import Any

from kerastune.data import Source, gathered
from kerastune.errors import InputError


def inputs_by_column(inputs: Any, columns: tuple[str, ...]) -> dict[str, Any]:
    """Returns raw inputs as a dictionary by column.

    Args:
        inputs: dictionary from column to values, list of dictionaries (one a sample), a
            `Source`, or, where there is one column, the sequence of its values.
        columns: tuple of str, the columns that are read.

    Returns:
        Dictionary from each of the columns to its values.

    Raises:
        InputError: if a column is missing, names are needed and there are none, or one
            input is given for a sequence.

    Example:

    >>> inputs_by_column([{"width": 2, "name": "x"}, {"width": 3, "name": "y"}], ("width",))
    {'width': array([2, 3])}
    """
    if isinstance(inputs, Source):
        inputs = dict(inputs.values)
    if isinstance(inputs, list) and inputs and isinstance(inputs[0], dict):
        inputs = _by_column(inputs)
    if isinstance(inputs, Mapping):
        missing = [name for name in columns if name not in inputs]
        if missing:
            raise InputError(
                f"Expected the columns {', '.join(columns)}. Received: "
                f"{', '.join(map(str, inputs)) or 'none'}, without {missing[0]!r}. Add it"
            )
        return {name: _values(inputs[name]) for name in columns}
    if len(columns) != 1:
        raise InputError(
            f"Expected inputs by column: a dictionary or records with "
            f"{', '.join(columns)}. Received: {type(inputs).__name__}"
        )
    if isinstance(inputs, str | bytes) or not _is_sequence(inputs):
        raise InputError(
            f"Expected a sequence of at least one input. Received: {inputs!r}. Put a single "
            "one into a list"
        )
    return {columns[0]: _values(inputs)}


def _values(values: Any) -> Any:
    """Returns the values of a column as a batch has them."""
    return values if isinstance(values, str) else gathered(values)


def _is_sequence(values: Any) -> bool:
    return hasattr(values, "__len__") and hasattr(values, "__getitem__")


def _by_column(records: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Returns records as columns; the first record tells their names."""
    for number, record in enumerate(records):
        if not isinstance(record, Mapping):
            raise InputError(
                f"Expected a dictionary for each sample. Received: {record!r} as record {number}"
            )
        missing = [name for name in records[0] if name not in record]
        if missing:
            raise InputError(
                f"Expected the same columns in every record. Received: record {number} without "
                f"{missing[0]!r}"
            )
    return {name: [record[name] for record in records] for name in records[0]}
