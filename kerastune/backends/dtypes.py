"""Types of tensors."""

from typing import Any


def is_float(dtype: Any) -> bool:
    """Returns whether a type is one of floating-point numbers, also bfloat16.

    Args:
        dtype: the type of a tensor of any backend, or its name.

    Example:

    >>> is_float("bfloat16"), is_float("int32")
    (True, False)
    """
    import keras

    return keras.backend.is_float_dtype(keras.backend.standardize_dtype(dtype))
