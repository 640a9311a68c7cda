"""Sequences whose items are read when they are asked for."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def item_key(values: Sequence[Any], position: int) -> str | None:
    """Returns a key that tells an item from others, without reading it.

    Args:
        values: sequence. One that can tell has a method `item_key(position)`.
        position: int.

    Returns:
        str, such as the name and the size of a file; None if that is not known.

    Example:

    >>> item_key(range(3), 0) is None
    True
    """
    own = getattr(values, "item_key", None)
    return None if own is None else own(position)


class Joined(Sequence):
    """A sequence, and then another.

    Args:
        first: sequence.
        second: sequence.

    Example:

    >>> list(Joined(range(2), range(5, 7)))
    [0, 1, 5, 6]
    """

    def __init__(self, first: Sequence[Any], second: Sequence[Any]) -> None:
        self._first = first
        self._second = second

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    def __getitem__(self, position: Any) -> Any:
        part, index = self._found(position)
        return part[index]

    def item_key(self, position: int) -> str | None:
        """Returns a key that tells an item from others, see `item_key`."""
        return item_key(*self._found(position))

    def _found(self, position: int) -> tuple[Sequence[Any], int]:
        """Returns the sequence that an item is in, and where it is there."""
        index = range(len(self))[position]
        before = len(self._first)
        return (self._first, index) if index < before else (self._second, index - before)


class Selection(Sequence):
    """Some positions of a sequence.

    Args:
        items: sequence.
        positions: array of int, of shape `(items,)`.

    Example:

    >>> list(Selection(range(10, 20), np.array([3, 1])))
    [13, 11]
    """

    def __init__(self, items: Sequence[Any], positions: np.ndarray) -> None:
        self._items = items
        self._positions = positions

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, position: Any) -> Any:
        return self._items[int(self._positions[position])]

    def item_key(self, position: int) -> str | None:
        """Returns a key that tells an item from others, see `item_key`."""
        return item_key(self._items, int(self._positions[position]))
