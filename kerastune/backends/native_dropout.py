"""Dropout that draws less: 16 bits decide a position, not a number of 32 or 64.

On a processor PyTorch draws the positions one by one, and JAX computes Threefry in operations of
XLA's, where XLA has one for it: a quarter to a tenth of a step of a BERT. The probability is right
to 2^-17; which positions are dropped for a seed is not what it is otherwise.
"""

from collections.abc import Callable
from typing import Any

from kerastune.backends.choice import select
from kerastune.backends.portable import random_stream


def native_dropout(layer: Any) -> Callable[..., Any] | None:
    """Returns what to call in the place of a layer's own `call`, or None.

    Args:
        layer: a Keras layer. What is not exactly a `Dropout`, has a seed or a shape of its own, or
            a rate that 16 bits do not tell from 0 or 1, keeps its `call`; so do all on
            TensorFlow, those on a GPU or TPU, and those that draw from the portable stream.

    Returns:
        A function with the arguments of `Dropout.call`, or None.

    Example:

    >>> import keras
    >>> native_dropout(keras.layers.Dense(2)) is None
    True
    """
    import keras

    if random_stream() != "backend":
        return None
    if type(layer) is not keras.layers.Dropout or layer.seed is not None or layer.noise_shape:
        return None
    least = round(layer.rate * 2**16)
    drop = {"torch": _by_torch, "jax": _by_jax}.get(select())
    if drop is None or not 0 < least < 2**16:
        return None
    own = layer.call

    def call(inputs: Any, training: bool = False) -> Any:
        dropped = drop(layer, inputs, least) if training else None
        return own(inputs, training=training) if dropped is None else dropped

    return call


def _by_torch(layer: Any, inputs: Any, least: int) -> Any:
    """Drop by PyTorch's generator, with four positions for each 64 bits that it draws."""
    import torch

    if not torch.is_tensor(inputs) or inputs.device.type != "cpu" or torch.compiler.is_compiling():
        return None
    drawn = torch.empty(-(-inputs.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    numbers = drawn.view(torch.int16)[: inputs.numel()].view(inputs.shape)
    is_kept = numbers >= least - 2**15
    return inputs * is_kept.to(inputs.dtype).mul_(1.0 / (1.0 - layer.rate))


def _by_jax(layer: Any, inputs: Any, least: int) -> Any:
    """Drop by XLA's Threefry, with the layer's seed and its count of draws as the key."""
    import jax
    from jax import numpy as jnp

    if not isinstance(inputs, jax.Array) or jax.default_backend() != "cpu":
        return None
    key = jnp.concatenate([layer.seed_generator.next(), jnp.zeros(2, "uint32")])
    algorithm = jax.lax.RandomAlgorithm.RNG_THREE_FRY
    _, numbers = jax.lax.rng_bit_generator(key, inputs.shape, "uint16", algorithm)
    return jnp.where(numbers >= least, inputs / (1.0 - layer.rate), jnp.zeros((), inputs.dtype))
