"""Layers that Keras quantizes, and what they would compute if they were, for training.

Keras 3.15 quantizes a layer for good, and its weights do not train afterwards. Here a layer keeps
its float weights and computes with what `quantize` would make of them; gradients pass the rounding
as if it were not there (the straight-through estimator). Keras' own `fake_quant_with_min_max_vars`
has one range for a tensor or for each of its last axis, which is none of the forms that its layers
have.

Reference:
    Bengio et al., 2013, "Estimating or Propagating Gradients Through Stochastic Neurons for
    Conditional Computation", https://arxiv.org/abs/1308.3432; Jacob et al., 2018, "Quantization
    and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
    https://arxiv.org/abs/1712.05877
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kerastune.backends.choice import select

select()

import keras
from keras import ops

from kerastune.backends.attached_layers import forget_compiled_calls, replace_calls, restore_calls
from kerastune.backends.layers import nested_layers

_TABLES = (keras.layers.Embedding, keras.layers.ReversibleEmbedding)
_KERNELS = (keras.layers.Dense, keras.layers.EinsumDense)
QUANTIZED_KINDS: dict[str, tuple[type, ...]] = {
    "int8": (*_KERNELS, *_TABLES),
    "int4": (*_KERNELS, *_TABLES),
    "float8": _KERNELS,
}
"""The layers that Keras 3.15 quantizes, by what to: of these classes themselves."""

_GROUP = 128
"""The weights of a scale in 4 bits, as `quantize("int4")` has it."""

_LOWEST, _HIGHEST = -8, 7
"""The whole numbers of 4 bits."""


def is_quantizable(layer: keras.Layer, to: str) -> bool:
    """Returns whether Keras quantizes a layer.

    Args:
        layer: a Keras layer.
        to: str, a key of `QUANTIZED_KINDS`.

    Example:

    >>> is_quantizable(keras.layers.Dense(2), "int8"), is_quantizable(keras.layers.ReLU(), "int8")
    (True, False)
    """
    if type(layer) not in QUANTIZED_KINDS[to]:
        return False
    # Keras 3.15 fails on equations that leave axes out, with a TypeError.
    return to == "float8" or "..." not in getattr(layer, "equation", "")


def quantizable_layers(model: keras.Model, to: str) -> list[keras.Layer]:
    """Returns the layers of a model that Keras quantizes.

    Args:
        model: a built Keras model.
        to: str, a key of `QUANTIZED_KINDS`.

    Example:

    >>> quantizable_layers(keras.Sequential([keras.Input((2,)), keras.layers.ReLU()]), "int8")
    []
    """
    return [layer for layer in nested_layers(model) if layer.built and is_quantizable(layer, to)]


@contextmanager
def as_if_quantized(model: keras.Model, to: str) -> Iterator[list[str]]:
    """Lets the layers of a model compute as if they were quantized, in a `with` block.

    Args:
        model: a built Keras model, whose layers have no adapters.
        to: str, `"int8"` or `"int4"`.

    Yields:
        The paths of the layers that do.

    Raises:
        RuntimeError: if this Keras holds the weights of layers elsewhere.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    >>> with as_if_quantized(model, "int8") as layers:
    ...     len(layers)
    1
    """
    chosen: list[Any] = quantizable_layers(model, to)
    for layer in chosen:
        if not isinstance(vars(layer).get(_held(layer)), keras.Variable):
            raise RuntimeError(
                f"Expected Keras 3.15, whose {type(layer).__name__} holds `{_held(layer)}`. "
                f"Received: Keras {keras.__version__}, where it does not. Install keras 3.15"
            )
    for layer in chosen:
        replace_calls(layer, _computing(layer, to))
    forget_compiled_calls(model)
    try:
        yield [layer.path for layer in chosen]
    finally:
        for layer in chosen:
            restore_calls(layer)
        forget_compiled_calls(model)


def _held(layer: Any) -> str:
    """The attribute that holds the kernel or the table of a layer."""
    return "_embeddings" if isinstance(layer, _TABLES) else "_kernel"


def _computing(layer: Any, to: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What replaces a method of a layer: the same with rounded weights, and inputs in 8 bits."""
    name = _held(layer)
    axes = _reduced_axes(layer)

    def replacement(own: Callable[..., Any]) -> Callable[..., Any]:
        def call(inputs: Any, *given: Any, **options: Any) -> Any:
            held = vars(layer)
            variable = held[name]
            # Rounded inputs are those that are multiplied, and not the tokens that are looked up.
            is_product = name == "_kernel" or options.get("reverse", False) or given[:1] == (True,)
            if to == "int8" and is_product:
                inputs = straight_through(inputs, lambda one: _in_8_bits(one, axes[1]))
            weights = ops.convert_to_tensor(variable)
            rounding = _in_8_bits if to == "int8" else _in_4_bits
            # Past `setattr`, which would track it.
            held[name] = straight_through(weights, lambda one: rounding(one, axes[0]))
            try:
                return own(inputs, *given, **options)
            finally:
                held[name] = variable

        return call

    return replacement


def straight_through(values: Any, rounding: Callable[[Any], Any]) -> Any:
    """Returns rounded values, whose gradient is that of the values themselves.

    Args:
        values: a tensor.
        rounding: function from a tensor to one of the same shape.

    Example:

    >>> float(straight_through(ops.array(1.4), ops.round))
    1.0
    """
    return values + ops.stop_gradient(rounding(ops.stop_gradient(values)) - values)


def _reduced_axes(layer: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes of the weights over which a scale is shared, and those of the inputs."""
    if isinstance(layer, _TABLES):
        return (-1,), (-1,)
    if isinstance(layer, keras.layers.Dense):
        return (0,), (-1,)
    terms, result = layer.equation.replace(" ", "").split("->")
    inputs, kernel = terms.split(",")
    of_kernel = tuple(place for place, one in enumerate(kernel) if one not in result)
    return of_kernel, tuple(place for place, one in enumerate(inputs) if one not in result)


def _in_8_bits(values: Any, axes: Sequence[int]) -> Any:
    """What 8 bits hold of values, with a scale for each group along some axes."""
    rounded, scale = keras.quantizers.abs_max_quantize(values, tuple(axes))
    return ops.cast(rounded, values.dtype) / scale


def _in_4_bits(values: Any, axes: Sequence[int]) -> Any:
    """What 4 bits hold of values, with a scale and a zero for each group along some axes."""
    shape = values.shape
    if tuple(axes) == (-1,):  # A table, whose rows are quantized.
        return ops.transpose(_in_groups(ops.transpose(values)))
    rows = 1
    for axis in axes:
        rows *= shape[axis]
    return ops.reshape(_in_groups(ops.reshape(values, (rows, -1))), shape)


def _in_groups(values: Any) -> Any:
    """What 4 bits hold of a matrix, in groups along its first axis.

    It is `keras.quantizers.abs_max_quantize_grouped_with_zero_point`, which Keras 3.15 cannot
    compute in a graph of TensorFlow.
    """
    rows, columns = values.shape
    rest = ops.zeros((-rows % _GROUP, columns), values.dtype)
    groups = ops.reshape(ops.concatenate([values, rest]), (-1, _GROUP, columns))
    lowest, highest = (one(groups, axis=1, keepdims=True) for one in (ops.min, ops.max))
    scale = (highest - lowest + keras.config.epsilon()) / (_HIGHEST - _LOWEST)
    zero = ops.clip(ops.round(-lowest / scale) + _LOWEST, _LOWEST, _HIGHEST)
    rounded = ops.clip(ops.round(groups / scale) + zero, _LOWEST, _HIGHEST)
    return ops.reshape((rounded - zero) * scale, (-1, columns))[:rows]
