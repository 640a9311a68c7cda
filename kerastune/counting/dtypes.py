"""The memory that numbers take, in bytes."""

from collections.abc import Sequence
from math import prod

import ml_dtypes
import numpy as np


def item_bytes(dtype: str) -> int:
    """The bytes of one number of a Keras dtype."""
    return np.dtype(getattr(ml_dtypes, dtype, dtype)).itemsize


def stored_bytes(shape: Sequence[int], dtype: str) -> int:
    """The bytes of an array of a Keras dtype."""
    return prod(shape) * item_bytes(dtype)
