"""Means of weights, and points between two sets of them, in float64."""

from collections.abc import Sequence

import numpy as np

from kerastune.errors import InputError

Weights = Sequence[np.ndarray]


def mean_of(several: Sequence[Weights]) -> list[np.ndarray]:
    """Returns the mean of several sets of weights.

    What is the same in all stays so, bit for bit.

    Args:
        several: sequence of sequences of arrays, of the same shapes; at least one.

    Returns:
        List of arrays, of the types of the first set.

    Raises:
        InputError: if integers differ, such as those of a quantized kernel, which have no mean.

    Example:

    >>> mean_of([[np.float32([1.0, 2.0])], [np.float32([3.0, 2.0])]])
    [array([2., 2.], dtype=float32)]
    """
    count = len(several)
    return [_weighted(values, [1 / count] * count) for values in zip(*several, strict=True)]


def between(start: Weights, end: Weights, alpha: float) -> list[np.ndarray]:
    """Returns a point on the line between two sets of weights.

    Args:
        start: sequence of arrays.
        end: sequence of arrays of the same shapes.
        alpha: float, 0 for the start, 1 for the end.

    Returns:
        List of arrays, of the types of the start.

    Raises:
        InputError: if integers differ.

    Example:

    >>> between([np.float32([0.0, 2.0])], [np.float32([1.0, 2.0])], 0.25)
    [array([0.25, 2.  ], dtype=float32)]
    """
    return [_weighted(pair, [1 - alpha, alpha]) for pair in zip(start, end, strict=True)]


def _weighted(values: Sequence[np.ndarray], shares: Sequence[float]) -> np.ndarray:
    first = values[0]
    if all(np.array_equal(first, value) for value in values[1:]):
        return np.asarray(first)
    if "float" not in str(first.dtype):  # NumPy does not count bfloat16 among its own.
        raise InputError(
            "Expected runs whose weights differ in real numbers alone, which have a mean. "
            f"Received: some that differ in {first.dtype}, as quantized ones do"
        )
    terms = [share * value.astype("float64") for share, value in zip(shares, values, strict=True)]
    return np.sum(terms, axis=0).astype(first.dtype)
