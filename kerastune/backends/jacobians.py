"""Gradients of any computation with Keras' variables, alike on the three backends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kerastune.backends.choice import select
from kerastune.backends.dtypes import is_float

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Products:
    """What a computation gives, and the products of vectors with its Jacobian.

    Args:
        outputs: list of arrays, what the function returned.
        inputs: list of arrays, the gradient with respect to each input.
        variables: list of arrays, the gradient with respect to each variable.

    Example:

    >>> Products([np.ones(1)], [], []).outputs
    [array([1.])]
    """

    outputs: list[np.ndarray]
    inputs: list[np.ndarray]
    variables: list[np.ndarray]


def vector_jacobian(
    function: Callable[..., Sequence[Any]],
    inputs: Sequence[Any],
    variables: "Sequence[keras.Variable]",
    cotangents: Callable[[int, tuple[int, ...]], np.ndarray] | None = None,
) -> Products:
    """The gradient of a weighted sum of what a function returns, computed without compiling.

    On JAX the function runs without side effects; on TensorFlow and PyTorch variables that it
    assigns keep what they were assigned.

    Args:
        function: function from tensors to a sequence of tensors. What it returns that is not
            floating-point has no gradient.
        inputs: sequence of floating-point tensors.
        variables: sequence of built floating-point Keras variables. Where one has no influence,
            its gradient is zeros.
        cotangents: function from the position and the shape of an output to an array of that
            shape, the weights of its sum. Defaults to ones, which for a scalar gives its gradient.

    Returns:
        The `Products`, as NumPy arrays; half-precision numbers become float32.

    Example:

    >>> import keras
    >>> scale = keras.Variable(3.0)
    >>> x = keras.ops.convert_to_tensor([2.0])
    >>> found = vector_jacobian(lambda x: [keras.ops.sum(scale * x * x)], [x], [scale])
    >>> float(found.inputs[0][0]), float(found.variables[0])
    (12.0, 4.0)
    """
    weigh = cotangents or (lambda _, shape: np.ones(shape, "float32"))
    outputs, gradients = _WAYS[select()](function, list(inputs), list(variables), weigh)
    sources = [*inputs, *variables]
    found = [
        np.zeros(tuple(source.shape), "float32") if gradient is None else to_numpy(gradient)
        for source, gradient in zip(sources, gradients, strict=True)
    ]
    count = len(inputs)
    return Products([to_numpy(output) for output in outputs], found[:count], found[count:])


def to_numpy(tensor: Any) -> np.ndarray:
    """A tensor as an array of NumPy's own types.

    Args:
        tensor: tensor of the backend, Keras variable, or anything that NumPy takes.

    Returns:
        Array; bfloat16 and float16 become float32, which holds them exactly.

    Example:

    >>> import keras
    >>> to_numpy(keras.ops.ones((1,), "bfloat16")).dtype
    dtype('float32')
    """
    import keras

    if keras.ops.is_tensor(tensor) or isinstance(tensor, keras.Variable):
        kind = keras.backend.standardize_dtype(tensor.dtype)
        if kind in ("bfloat16", "float16"):
            tensor = keras.ops.cast(tensor, "float32")
        if kind == "string":
            return np.asarray(tensor).astype(str)
        return np.array(keras.ops.convert_to_numpy(tensor))
    return np.array(tensor)


def _weights(outputs: Sequence[Any], weigh: Callable[[int, tuple[int, ...]], np.ndarray]) -> Any:
    """The floating-point outputs, and the cotangent of each, of its type."""
    import keras

    chosen = [(place, output) for place, output in enumerate(outputs) if is_float(output.dtype)]
    vectors = [
        keras.ops.convert_to_tensor(weigh(place, tuple(output.shape)), output.dtype)
        for place, output in chosen
    ]
    return [output for _, output in chosen], vectors


def _with_tensorflow(function: Any, inputs: Any, variables: Any, weigh: Any) -> Any:
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False, persistent=False) as tape:
        tape.watch(inputs)
        tape.watch([variable.value for variable in variables])
        outputs = list(function(*inputs))
    chosen, vectors = _weights(outputs, weigh)
    sources = [*inputs, *(variable.value for variable in variables)]
    gradients = tape.gradient(chosen, sources, vectors) if chosen else [None] * len(sources)
    # Rows of an embedding come alone, and those that are repeated are to be summed.
    return outputs, [
        tf.convert_to_tensor(one) if isinstance(one, tf.IndexedSlices) else one for one in gradients
    ]


def _with_torch(function: Any, inputs: Any, variables: Any, weigh: Any) -> Any:
    import torch

    leaves = [tensor.detach().clone().requires_grad_() for tensor in inputs]
    with torch.enable_grad():
        outputs = list(function(*leaves))
    chosen, vectors = _weights(outputs, weigh)
    pairs = [(o, v) for o, v in zip(chosen, vectors, strict=True) if o.requires_grad]
    sources = [*leaves, *(variable.value for variable in variables)]
    is_source = [source.requires_grad for source in sources]
    gradients: list[Any] = [None] * len(sources)
    if pairs:
        found = torch.autograd.grad(
            [output for output, _ in pairs],
            [source for source, has in zip(sources, is_source, strict=True) if has],
            [vector for _, vector in pairs],
            allow_unused=True,
        )
        places = [place for place, has in enumerate(is_source) if has]
        for place, gradient in zip(places, found, strict=True):
            gradients[place] = gradient
    return [output.detach() for output in outputs], gradients


def _with_jax(function: Any, inputs: Any, variables: Any, weigh: Any) -> Any:
    import jax
    import keras

    def pure(given: Any, values: Any) -> Any:
        mapping = list(zip(variables, values, strict=True))
        # Losses that layers add are collected, or they would be lost.
        with keras.StatelessScope(state_mapping=mapping, collect_losses=True):
            outputs = list(function(*given))
        kept = {place: one for place, one in enumerate(outputs) if not is_float(one.dtype)}
        return [one for one in outputs if is_float(one.dtype)], (kept, len(outputs))

    values = [variable.value for variable in variables]
    chosen, pullback, (kept, count) = jax.vjp(pure, inputs, values, has_aux=True)
    floats = iter(chosen)
    outputs = [kept[place] if place in kept else next(floats) for place in range(count)]
    _, vectors = _weights(outputs, weigh)
    given, learned = pullback(vectors)
    return outputs, [*given, *learned]


_WAYS = {"tensorflow": _with_tensorflow, "torch": _with_torch, "jax": _with_jax}
