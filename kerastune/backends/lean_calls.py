"""Calls of layers on PyTorch without what Keras does around each, where all of it is known.

Around the `call` of a layer Keras 3.15 converts what is given, binds it to the signature, looks for
masks, opens scopes and goes through PyTorch's modules: some 0.1 ms, which other backends pay once,
while they compile, and PyTorch in every step, for a hundred layers or more.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kerastune.backends.choice import select
from kerastune.backends.layers import nested_layers

if TYPE_CHECKING:
    import keras

_LEAN = "_kerastune_lean"
_ARGUMENTS = {"training", "mask"}
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


@contextmanager
def lean_calls(model: "keras.Model") -> Iterator[None]:
    """Lets layers of a model be called without detours in a `with` block, on PyTorch.

    These are layers of Keras and KerasHub that are given one tensor, in the precision in which they
    compute, within the call of another layer. What has to do with masks, quantized weights,
    rematerialization, regularized outputs, a distribution or hooks of PyTorch is called as always;
    and all are while PyTorch compiles, or while somebody watches Keras' calls.

    Args:
        model: a built Keras model.

    Yields:
        None.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with lean_calls(model):
    ...     tuple(model(keras.ops.ones((4, 2)), training=True).shape)
    (4, 1)
    """
    import keras

    if select() != "torch" or keras.distribution.distribution() is not None:
        yield
        return
    # None twice, where models share layers and one is within the block of another.
    new = [layer for layer in nested_layers(model) if _LEAN not in vars(layer)]
    layers = [layer for layer in new if is_plain(layer)]
    for layer in layers:
        vars(layer)[_LEAN] = "training" in layer._call_signature.parameters
    usual = keras.Layer.__call__
    keras.Layer.__call__ = _leaning(usual)
    try:
        yield
    finally:
        keras.Layer.__call__ = usual
        for layer in layers:
            del vars(layer)[_LEAN]


def is_plain(layer: Any) -> bool:
    """Returns whether all that Keras does around the call of a layer is known, and nothing here.

    Args:
        layer: a Keras layer.

    Example:

    >>> import keras
    >>> dense, embedding = keras.layers.Dense(2), keras.layers.Embedding(3, 2, mask_zero=True)
    >>> dense.build((None, 2))
    >>> embedding.build()
    >>> is_plain(dense), is_plain(embedding)
    (True, False)
    """
    import keras

    kind = type(layer)
    arguments = list(layer._call_signature.parameters)
    return (
        layer.built
        and not isinstance(layer, keras.Model)
        and kind.__module__.split(".")[0] in ("keras", "keras_hub")
        and kind.__call__ is keras.Layer.__call__
        and kind.compute_mask is keras.Layer.compute_mask
        and len(arguments) > 0
        and arguments[0] not in _ARGUMENTS
        and _ARGUMENTS.issuperset(arguments[1:])
        and not getattr(layer, "quantization_mode", None)
        and layer.activity_regularizer is None
        and layer._remat_mode is None
        and layer.autocast
        and set(layer._call_context_args) == {"training"}
    )


def _leaning(usual: Callable[..., Any]) -> Callable[..., Any]:
    """A `Layer.__call__` that goes the short way where it may."""
    import keras
    import torch
    from keras.src.backend import get_autocast_scope, standardize_dtype
    from keras.src.backend.common.global_state import get_global_attribute
    from torch.nn.modules.module import _has_any_global_hook

    operation = keras.Operation.__call__

    def is_lean(layer: Any, given: tuple[Any, ...], options: dict[str, Any]) -> bool:
        if _LEAN not in vars(layer) or len(given) != 1 or type(given[0]) is not torch.Tensor:
            return False
        scope = get_autocast_scope()
        computed = layer.variable_dtype if scope is None else scope.dtype
        return (
            options.keys() <= _ARGUMENTS
            and options.get("mask") is None
            and computed == layer.compute_dtype == standardize_dtype(given[0].dtype)
            and not hasattr(given[0], "_keras_mask")
            and not any(getattr(layer, name) for name in _HOOKS)
            and not _has_any_global_hook()
            and not getattr(layer, "quantization_mode", None)
            # Somebody watches all calls, or PyTorch traces them to compile.
            and keras.Operation.__call__ is operation
            and not torch.compiler.is_compiling()
        )

    def __call__(self: Any, *given: Any, **options: Any) -> Any:  # noqa: N807  (Keras' name)
        context = get_global_attribute("current_call_ctx")
        if context is None or not is_lean(self, given, options):
            return usual(self, *given, **options)
        training = options.get("training", context.get_value("training"))
        if training is None:  # Keras looks for it in the signature, too.
            return usual(self, *given, **options)
        # As Keras does: for whatever is called next and is not told.
        context.set_value("training", training)
        return self.call(given[0], **({"training": training} if vars(self)[_LEAN] else {}))

    return __call__
