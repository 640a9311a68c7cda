"""Sides of features that differ from batch to batch, such as the length of texts."""

from collections.abc import Sequence

import numpy as np


class OpenSides:
    """The sides of arrays of features that are as long as their batch is padded to.

    Samples of similar length are padded to the longest of their batch alone. Their features are
    kept in arrays that hold the longest of all, beside the sizes that they had, and are cut again
    to the longest of a batch.

    Args:
        shapes: sequence of tuples, the shape of a sample in each array, None for an open side.

    Example:

    >>> sides = OpenSides([(None, 2), (3,)])
    >>> sides.sizes([np.ones((5, 4, 2)), np.ones((5, 3))]).tolist()
    [[4], [4], [4], [4], [4]]
    """

    def __init__(self, shapes: Sequence[tuple[int | None, ...]]) -> None:
        self._sides = [
            (place, axis)
            for place, shape in enumerate(shapes)
            for axis, side in enumerate(shape, start=1)
            if side is None
        ]

    @property
    def count(self) -> int:
        """int, how many open sides there are."""
        return len(self._sides)

    def sizes(self, features: Sequence[np.ndarray]) -> np.ndarray:
        """Returns how long the open sides of each sample of a batch are.

        Args:
            features: sequence of arrays, those of the batch.

        Returns:
            int array of shape `(samples, open sides)`.
        """
        found = [features[place].shape[axis] for place, axis in self._sides]
        return np.tile(np.array(found, "int32"), (len(features[0]), 1))

    def padded(
        self, features: Sequence[np.ndarray], shapes: Sequence[tuple[int, ...]]
    ) -> list[np.ndarray]:
        """Returns features with zeros at the end of their open sides.

        Args:
            features: sequence of arrays.
            shapes: sequence of tuples of int, the shape that a sample is to have in each; empty
                where the features stay as they are, as do those that are longer.

        Example:

        >>> sides = OpenSides([(None,)])
        >>> sides.padded([np.ones((1, 2))], [(3,)])[0].tolist()
        [[1.0, 1.0, 0.0]]
        """
        if not shapes:
            return list(features)
        added = [[(0, 0)] * rows.ndim for rows in features]
        for place, axis in self._sides:
            missing = shapes[place][axis - 1] - features[place].shape[axis]
            added[place][axis] = (0, max(missing, 0))
        return [np.pad(rows, sides) for rows, sides in zip(features, added, strict=True)]

    def cut(self, features: Sequence[np.ndarray], sizes: np.ndarray) -> list[np.ndarray]:
        """Returns features with their open sides as long as the longest of them was.

        Args:
            features: sequence of arrays, of the samples of a batch.
            sizes: int array of shape `(samples, open sides)`, what `sizes` gave of these samples.

        Example:

        >>> sides = OpenSides([(None,)])
        >>> sides.cut([np.array([[1, 2, 0], [3, 0, 0]])], np.array([[2], [1]]))[0].tolist()
        [[1, 2], [3, 0]]
        """
        cut = list(features)
        for (place, axis), size in zip(self._sides, sizes.max(axis=0), strict=True):
            cut[place] = cut[place].take(range(size), axis=axis)
        return cut
