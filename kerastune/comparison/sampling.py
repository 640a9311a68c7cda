"""Some numbers of a large array, always the same ones."""

import numpy as np

_STORED_NUMBERS = 4096


def some_of(array: np.ndarray) -> np.ndarray:
    """Evenly spaced numbers of an array, at most 4096.

    Args:
        array: array.

    Returns:
        Flat array.

    Example:

    >>> some_of(np.arange(10000)).shape
    (4096,)
    """
    flat = array.reshape(-1)
    if flat.size <= _STORED_NUMBERS:
        return flat
    return flat[np.linspace(0, flat.size - 1, _STORED_NUMBERS).astype("int64")]
