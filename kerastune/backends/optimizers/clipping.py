"""Clipping by the norm of the whole gradient, in two passes over it at most.

Keras squares each gradient into memory, sums that, and multiplies all gradients also where their
norm is small enough. PyTorch and TensorFlow have operations for the norms, and on PyTorch what is
not to be clipped is not multiplied. XLA, and so JAX, fuses what Keras writes.
"""

from collections.abc import Sequence
from typing import Any

from kerastune.backends.choice import select


def global_norm(gradients: Sequence[Any]) -> Any:
    """Returns the norm of all gradients together, in float32.

    Args:
        gradients: sequence of tensors, on PyTorch or TensorFlow.

    Example:

    >>> import keras
    >>> gradients = [keras.ops.full((4,), 2.0), keras.ops.full((1,), 3.0)]
    >>> select() == "jax" or float(global_norm(gradients)) == 5.0
    True
    """
    if select() == "torch":
        import torch

        return torch.linalg.vector_norm(
            torch.stack(torch._foreach_norm(list(gradients), dtype=torch.float32))
        )
    import tensorflow as tf

    return tf.linalg.global_norm([tf.cast(one, "float32") for one in gradients])


def clipped_by_global_norm(
    gradients: Sequence[Any], norm: float, known: Any = None
) -> list[Any] | None:
    """Returns gradients scaled so that the norm of all is at most a number.

    One that is not finite makes all of them NaN, as in Keras.

    Args:
        gradients: sequence of tensors.
        norm: float above 0.
        known: what `global_norm` gave for the gradients, or None where it is not known. Defaults
            to None.

    Returns:
        List of tensors, or None where the backend has no operations for it.

    Example:

    >>> import keras
    >>> clipped = clipped_by_global_norm([keras.ops.ones((4,)), keras.ops.zeros((2,))], 1.0)
    >>> clipped is None or float(keras.ops.sum(clipped[0])) == 2.0
    True
    """
    clip = {"torch": _by_torch, "tensorflow": _by_tensorflow}.get(select())
    if clip is None or not gradients or any(one is None for one in gradients):
        return None
    return clip(list(gradients), norm, known)


def _by_torch(gradients: list[Any], norm: float, known: Any) -> list[Any] | None:
    import torch

    if torch.compiler.is_compiling() or any(one.device.type != "cpu" for one in gradients):
        return None  # Asking whether to clip would make the processor wait for a device.
    whole = global_norm(gradients) if known is None else known
    if whole <= norm:
        return gradients
    return list(torch._foreach_mul(gradients, float(norm / whole + (whole - whole))))


def _by_tensorflow(gradients: list[Any], norm: float, known: Any) -> list[Any]:
    import tensorflow as tf

    clipped, _ = tf.clip_by_global_norm(gradients, norm, use_norm=known)
    return list(clipped)
