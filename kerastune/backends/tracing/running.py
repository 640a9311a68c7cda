"""Runs an operation of a model without values."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerastune.backends.tracing.recorder import Recorder


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
