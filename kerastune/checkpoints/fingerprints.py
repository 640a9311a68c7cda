"""What tells the numbers of a variable from any others."""

import hashlib
from typing import Any

from kerastune.backends.bits import bits_of


def fingerprint(variable: Any) -> str:
    """Returns the SHA-256 of the type, the shape and the numbers of a variable.

    Args:
        variable: a Keras variable.

    Example:

    >>> import keras
    >>> len(fingerprint(keras.Variable([1.0, 2.0])))
    64
    """
    # A single number counts as an array of one, as it does in files that were written so.
    shape = tuple(variable.shape) or (1,)
    digest = hashlib.sha256(f"{variable.dtype} {shape}".encode())
    digest.update(bits_of(variable).data)
    return digest.hexdigest()
