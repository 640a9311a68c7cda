"""The backend's own tensors."""

from typing import Any


def tensor_classes() -> list[type]:
    """The classes that define the operators of the backend's tensors."""
    import keras

    backend = keras.config.backend()
    if backend == "jax":
        import jax

        with jax.ensure_compile_time_eval():  # An array with values, as weights are.
            array = jax.numpy.zeros(())
        return [jax.core.Tracer, type(array)]
    if backend == "tensorflow":
        import tensorflow as tf

        return [tf.Tensor, tf.Variable]
    import torch

    return [torch.Tensor]


def has_values(tensor: Any) -> bool:
    """Whether a tensor has values during a trace, so that it was there before."""
    import keras

    backend = keras.config.backend()
    if backend == "jax":
        import jax

        return not isinstance(tensor, jax.core.Tracer)
    if backend == "tensorflow":
        import tensorflow as tf

        return not tf.is_symbolic_tensor(tensor)
    return tensor.device.type != "meta"
