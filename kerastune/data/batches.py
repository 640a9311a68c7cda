"""The values of a column, gathered for a batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerastune.data.in_pieces import InPieces
from kerastune.data.source import Source


def batch_of(source: Source, positions: Sequence[int] | np.ndarray) -> dict[str, Any]:
    """Returns the samples at some positions, column by column.

    Args:
        source: `Source`.
        positions: sequence of int.

    Returns:
        Dictionary from the name of a column to its values: an array of shape
        `(positions, ...)` where they are numbers of one shape, else a list.

    Example:

    >>> source = Source.of(["a", "b", "c"], [0, 1, 0], class_names=("x", "y"))
    >>> batch_of(source, [2, 1])
    {'text': ['c', 'b'], 'label': array([0, 1])}
    """
    chosen = source.select(positions)
    return {name: gathered(values) for name, values in chosen.values.items()}


def gathered(values: Any) -> Any:
    """Returns the values of a column as an array where they are numbers of one shape, else a list.

    Args:
        values: sequence of values.

    Returns:
        Array of shape `(values, ...)`, or list.

    Example:

    >>> gathered([np.zeros((2, 2)), np.ones((2, 2))]).shape
    (2, 2, 2)
    >>> gathered([np.zeros(2), np.zeros(3)])
    [array([0., 0.]), array([0., 0., 0.])]
    """
    if isinstance(values, np.ndarray) and values.dtype.kind not in "UO":
        return values
    is_lazy = isinstance(values, InPieces)
    items = list(values) if is_lazy else [values[position] for position in range(len(values))]
    if items and isinstance(items[0], str):
        # Not the texts of NumPy, which are of a class of their own.
        return [str(item) if isinstance(item, str) else item for item in items]
    if all(_is_numeric(item) for item in items) and len({np.shape(item) for item in items}) == 1:
        return np.stack([np.asarray(item) for item in items])
    return items  # Such as images, until they have one size.


def _is_numeric(value: Any) -> bool:
    return isinstance(value, int | float | bool | np.generic | np.ndarray) and (
        np.asarray(value).dtype.kind in "iufb"
    )


def padded(rows: np.ndarray, count: int) -> np.ndarray:
    """Returns rows, and zeros behind them up to a number of rows.

    Args:
        rows: array of shape `(rows, ...)`, of at most as many.
        count: int.

    Returns:
        Array of shape `(count, ...)`.

    Example:

    >>> padded(np.ones(2), 3).tolist()
    [1.0, 1.0, 0.0]
    """
    behind = [(0, count - len(rows))] + [(0, 0)] * (rows.ndim - 1)
    return np.pad(rows, behind)
