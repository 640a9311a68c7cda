"""The memory that numbers take, in bytes."""

from collections.abc import Sequence
from math import prod

import ml_dtypes
import numpy as np


def item_bytes(dtype: str) -> int:
    """The bytes of one number of a Keras dtype.

    Example:

    >>> item_bytes("bfloat16"), item_bytes("float8_e4m3fn"), item_bytes("bool")
    (2, 1, 1)
    """
    return np.dtype(getattr(ml_dtypes, dtype, dtype)).itemsize


def stored_bytes(shape: Sequence[int], dtype: str) -> int:
    """The bytes of an array of a Keras dtype.

    Example:

    >>> stored_bytes((2, 3), "float32")
    24
    """
    return prod(shape) * item_bytes(dtype)
