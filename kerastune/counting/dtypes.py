"""The memory that a number takes."""

from collections.abc import Sequence
from math import prod

import ml_dtypes
import numpy as np


def item_bytes(dtype: str) -> int:
    """The bytes of one number.

    Args:
        dtype: str, the name of a Keras dtype, such as `"float32"` or `"bfloat16"`. Keras
            packs int4 itself, two in an int8; there is no variable of that dtype.

    Returns:
        int.

    Example:

    >>> item_bytes("bfloat16"), item_bytes("float8_e4m3fn"), item_bytes("bool")
    (2, 1, 1)
    """
    return np.dtype(getattr(ml_dtypes, dtype, dtype)).itemsize


def stored_bytes(shape: Sequence[int], dtype: str) -> int:
    """The memory of an array, in bytes.

    Args:
        shape: sequence of int.
        dtype: str, the name of a Keras dtype.

    Returns:
        int.

    Example:

    >>> stored_bytes((2, 3), "float32")
    24
    """
    return prod(shape) * item_bytes(dtype)
