"""What tells the numbers of a variable from any others."""

import hashlib
from typing import Any

from kerastune.backends.choice import select

select()

import keras
import numpy as np


def fingerprint(variable: Any) -> str:
    """Returns the SHA-256 of the type, the shape and the numbers of a variable.

    Args:
        variable: a Keras variable.

    Example:

    >>> len(fingerprint(keras.Variable([1.0, 2.0])))
    64
    """
    value = np.ascontiguousarray(keras.ops.convert_to_numpy(variable))
    digest = hashlib.sha256(f"{variable.dtype} {value.shape}".encode())
    # As bytes, since NumPy's types of few bits have no buffer of their own.
    digest.update(value.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
