"""Some rows of a column, whatever holds them."""

from typing import Any

import numpy as np

from kerastune.data.in_pieces import PIECE, ROWS_IN_MEMORY, InPieces, Rows
from kerastune.data.lazy import Selection
from kerastune.data.mapped import is_mapped, mapped_array


class RowsTaken:
    """Takes some rows of columns; of mapped ones and those in pieces, many stay on the disk.

    Args:
        positions: int array, the rows.

    Example:

    >>> take = RowsTaken(np.array([2, 0]))
    >>> take(["a", "b", "c"]), take(np.arange(3)).tolist()
    (['c', 'a'], [2, 0])
    """

    def __init__(self, positions: np.ndarray) -> None:
        self._positions = positions
        # Columns of one table share the array of where their rows are.
        self._places: dict[int, np.ndarray] = {}

    def __call__(self, values: Any) -> Any:
        """Returns the rows of a column.

        Args:
            values: sequence.

        Returns:
            Array, list, `Rows` or `Selection`, by what the column is.
        """
        if isinstance(values, Rows):
            key = id(values.positions)
            if key not in self._places:
                self._places[key] = values.positions[self._positions]
            return Rows(values.column, self._places[key])
        if isinstance(values, InPieces):
            return Rows(values, self._positions)
        if isinstance(values, np.ndarray):
            return self._of_array(values)
        if isinstance(values, list):
            return [values[position] for position in self._positions]
        return Selection(values, self._positions)

    def _of_array(self, values: np.ndarray) -> np.ndarray:
        if len(self._positions) <= ROWS_IN_MEMORY or values.ndim > 1 or not is_mapped(values):
            return values[self._positions]
        starts = range(0, len(self._positions), PIECE)
        pieces = (values[self._positions[at : at + PIECE]] for at in starts)
        return mapped_array(pieces, values.dtype)
