"""The backend's own tensors, their operators, and operations on them without values."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerastune.backends.tracing.recorder import Recorder


# What Python calls for an operator, and the function of `keras.ops` that does the same.
OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "mod",
    "pow": "power",
    "matmul": "matmul",
}
UNARY_OPERATORS = {"__neg__": "negative", "__abs__": "abs", "__getitem__": "getitem"}


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


def operator_changes(recorder: "Recorder") -> Iterator[tuple[Any, str, Any]]:
    """The operators of the classes of the backend's tensors."""
    for owner in tensor_classes():
        for symbol, name in OPERATORS.items():
            for prefix in ("", "r", "i"):
                method = f"__{prefix}{symbol}__"
                if (function := getattr(owner, method, None)) is not None:
                    names, reflected = ("x1", "x2"), prefix == "r"
                    yield owner, method, _watched(recorder, name, function, names, reflected)
        for method, name in UNARY_OPERATORS.items():
            yield owner, method, _watched(recorder, name, getattr(owner, method), ("x",), False)


def _watched(
    recorder: "Recorder", name: str, function: Any, names: tuple[str, ...], reflected: bool
) -> Any:
    @wraps(function)
    def call(*operands: Any) -> Any:
        if recorder.quiet:
            return function(*operands)
        ordered = operands[::-1] if reflected else operands
        result = run_operation(recorder, name, lambda *_: function(*operands), ordered, {})
        recorder.write(name, dict(zip(names, ordered, strict=False)), result)
        return result

    return call


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
    import keras
    from keras.src import backend

    def symbolic(item: Any) -> Any:
        if backend.is_tensor(item) or isinstance(item, keras.Variable):
            return keras.KerasTensor(item.shape, backend.standardize_dtype(item.dtype))
        return item

    args, kwargs = keras.tree.map_structure(symbolic, (args, kwargs))
    result = getattr(keras.ops, name)(*args, **kwargs)
    return keras.tree.map_structure(lambda given: keras.ops.zeros(given.shape, given.dtype), result)
