"""What the size of weights adds to the loss."""

import math

import keras

from kerastune.errors import InputError


def weight_penalty(l1: float, l2: float) -> keras.regularizers.Regularizer | None:
    """Returns what adds the size of a layer's weights to the loss: l1 · Σ|w| + l2 · Σw².

    Args:
        l1: float of at least 0.
        l2: float of at least 0.

    Returns:
        A regularizer of Keras, or None where both are 0.

    Raises:
        InputError: if one is negative, infinite or NaN.

    Example:

    >>> weight_penalty(0.0, 0.0) is None
    True
    >>> float(weight_penalty(0.1, 0.01)(keras.ops.array([2.0, -3.0]))).__round__(6)
    0.63
    """
    for name, value in {"l1": l1, "l2": l2}.items():
        if not 0 <= value < math.inf:
            raise InputError(f"Expected `{name}` of at least 0, a number. Received: {name}={value}")
    return keras.regularizers.L1L2(l1, l2) if l1 or l2 else None
