"""The bits of a variable, read where they are."""

from typing import Any

import numpy as np

from kerastune.backends.choice import select


def bits_of(variable: Any) -> np.ndarray:
    """Returns the bytes of the values of a variable, of which Keras makes two copies on PyTorch.

    Args:
        variable: a Keras variable.

    Returns:
        NumPy array of bytes, in the order of the values. It is not to be written to: where the
        backend allows it, it is the memory of the variable.

    Example:

    >>> import keras
    >>> bits_of(keras.Variable([1.0, 2.0])).view("float32").tolist()
    [1.0, 2.0]
    """
    if select() == "torch":
        import torch

        values = variable.value.detach().cpu().contiguous()
        return values.reshape(-1).view(torch.uint8).numpy()
    import keras

    values = np.ascontiguousarray(keras.ops.convert_to_numpy(variable))
    return values.reshape(-1).view(np.uint8)
