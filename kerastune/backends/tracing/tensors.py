"""The backend's own tensors, and operations on them without values."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerastune.backends.tracing.recorder import Recorder


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


def run_operation(
    recorder: "Recorder",
    name: str,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Run an operation as a whole.

    Some cannot run without values, on PyTorch's meta device or on a constant beside it: then
    the result has the shape that Keras knows it would have.
    """
    with recorder.silence():
        try:
            return function(*args, **kwargs)
        except Exception as error:
            try:
                return _shaped_like_result(name, args, kwargs)
            except Exception:
                raise error from None


def _shaped_like_result(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a function would give, without values."""
    import keras
    from keras.src import backend

    def symbolic(item: Any) -> Any:
        if backend.is_tensor(item) or isinstance(item, keras.Variable):
            return keras.KerasTensor(item.shape, backend.standardize_dtype(item.dtype))
        return item

    args, kwargs = keras.tree.map_structure(symbolic, (args, kwargs))
    result = getattr(keras.ops, name)(*args, **kwargs)
    return keras.tree.map_structure(lambda given: keras.ops.zeros(given.shape, given.dtype), result)
