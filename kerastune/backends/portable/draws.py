"""What `keras.random` draws, made of the bits of Threefry: the same on every backend.

Signatures are those of Keras' own functions for a backend, whose place they take. Integers, and
what is dropped, are the same bit for bit; floats are up to the rounding of what follows, of which
the logarithm differs most: normal numbers by a few units of the sixth digit.
"""

from math import erf, sqrt
from typing import Any

from kerastune.backends.choice import select

select()

import keras
import numpy as np
from keras import ops

from kerastune.backends.portable.inverse_error import inverse_error_function
from kerastune.backends.portable.threefry import random_bits, random_halves, shifted_right
from kerastune.errors import InputError

# Of Marsaglia and Tsang's proposals one in twenty is rejected at most: eight fail once in 10^10.
_PROPOSALS = 8

# Explicit bits of the significand; what is kept in 64 bits is drawn in 32.
_PRECISIONS = {"float16": 10, "bfloat16": 7}


def uniform(
    shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Returns uniform floats from `minval` up to, not including, `maxval`.

    Example:

    >>> uniform((2, 3), seed=1).shape == (2, 3)
    True
    """
    dtype = keras.backend.standardize_dtype(dtype or keras.config.floatx())
    return _between(random_bits(_drawn(seed), shape), minval, maxval, dtype)


def normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Returns floats of a normal distribution.

    Example:

    >>> normal((2, 3), seed=1).shape == (2, 3)
    True
    """
    sample = _gaussian(random_bits(_drawn(seed), shape)) * stddev + mean
    return ops.cast(sample, dtype or keras.config.floatx())


def truncated_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Returns floats of a normal distribution, within two standard deviations.

    Example:

    >>> float(ops.max(truncated_normal((100,), seed=1))) < 2.0
    True
    """
    most = erf(sqrt(2.0))
    unit = _between(random_bits(_drawn(seed), shape), -most, most, "float32")
    end = float(np.nextafter(np.float32(2), np.float32(0)))
    sample = ops.clip(inverse_error_function(unit) * sqrt(2.0), -end, end) * stddev + mean
    return ops.cast(sample, dtype or keras.config.floatx())


def randint(shape: Any, minval: Any, maxval: Any, dtype: Any = "int32", seed: Any = None) -> Any:
    """Returns whole numbers from `minval` up to, not including, `maxval`.

    The remainder of 31 bits: of a span of n the first numbers are likelier by n / 2^31.

    Raises:
        InputError: if the span has more than 31 bits.

    Example:

    >>> int(randint((), 3, 4, seed=1))
    3
    """
    span = maxval - minval
    if isinstance(span, int) and span >= 2**31:
        raise InputError(
            "Expected whole numbers out of fewer than 2^31 with random='portable'. Received: "
            f"those from {minval} to {maxval}"
        )
    drawn = shifted_right(random_bits(_drawn(seed), shape), 1)
    return ops.cast(ops.mod(drawn, ops.cast(span, "int32")), dtype) + ops.cast(minval, dtype)


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Any:
    """Returns classes, as likely as their logits say, by the highest of logits and Gumbel noise.

    Example:

    >>> categorical(ops.array([[0.0, 100.0]]), 3, seed=1).shape == (1, 3)
    True
    """
    samples, classes = ops.shape(logits)
    bits = random_bits(_drawn(seed), (samples, num_samples, classes))
    least = float(np.finfo(np.float32).tiny)
    noise = -ops.log(-ops.log(ops.maximum(_between(bits, 0.0, 1.0, "float32"), least)))
    scores = ops.expand_dims(ops.cast(logits, "float32"), 1) + noise
    return ops.cast(ops.argmax(scores, axis=-1), dtype)


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    """Returns a tensor whose parts along an axis are in a random order.

    Example:

    >>> sorted(int(one) for one in shuffle(ops.arange(3), seed=1))
    [0, 1, 2]
    """
    bits = random_bits(_drawn(seed), (ops.shape(x)[axis],))
    return ops.take(x, ops.argsort(bits), axis=axis)


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """Returns inputs of which a share is 0, and the others are scaled by what is left.

    The share is right to 2^-17, for rates next to 0 and 1 to 2^-32.

    Example:

    >>> dropped = dropout(ops.ones((100,)), 0.5, seed=1)
    >>> sorted(set(ops.convert_to_numpy(dropped).tolist()))
    [0.0, 2.0]
    """
    if rate == 1.0:
        return ops.zeros_like(inputs)
    if rate == 0.0:
        return inputs
    shape = ops.shape(inputs)
    if noise_shape is not None:
        shape = tuple(
            own if given is None else given for own, given in zip(shape, noise_shape, strict=True)
        )
    # As whole numbers, of which no float is to be made; 16 bits tell most rates from 0 and 1.
    drawn, bits = _drawn(seed), 16
    if 0 < round(rate * 2**bits) < 2**bits:
        is_kept = random_halves(drawn, shape) >= round(rate * 2**bits)
    else:
        is_kept = shifted_right(random_bits(drawn, shape), 1) >= round(rate * 2**31)
    return ops.where(is_kept, inputs / (1.0 - rate), ops.zeros_like(inputs))


def gamma(shape: Any, alpha: Any, dtype: Any = None, seed: Any = None) -> Any:
    """Returns floats of a gamma distribution, of which `alpha` is the shape and 1 the rate.

    Reference: Marsaglia and Tsang, 2000, "A Simple Method for Generating Gamma Variables",
    https://doi.org/10.1145/358407.358414

    Example:

    >>> gamma((2, 3), 0.5, seed=1).shape == (2, 3)
    True
    """
    shape = tuple(shape)
    alpha = ops.expand_dims(ops.broadcast_to(ops.cast(alpha, "float32"), shape), -1)
    bits = random_bits(_drawn(seed), (*shape, 2 * _PROPOSALS + 1))
    proposed = _gaussian(bits[..., :_PROPOSALS])
    least = 2.0**-24
    unit = ops.maximum(_between(bits[..., _PROPOSALS:], 0.0, 1.0, "float32"), least)
    # Below 1 it is drawn for alpha + 1, and brought down by the last number.
    lower = alpha < 1.0
    middle = ops.where(lower, alpha + 1.0, alpha) - 1.0 / 3.0
    cubes = (1.0 + proposed / ops.sqrt(9.0 * middle)) ** 3
    logs = ops.log(ops.maximum(cubes, least))
    bound = 0.5 * proposed**2 + middle * (1.0 - cubes + logs)
    is_taken = ops.logical_and(cubes > 0.0, ops.log(unit[..., :_PROPOSALS]) < bound)
    first = ops.expand_dims(ops.argmax(ops.cast(is_taken, "int32"), axis=-1), -1)
    sample = middle * ops.take_along_axis(cubes, first, axis=-1)
    brought = ops.where(lower, unit[..., _PROPOSALS:] ** (1.0 / alpha), 1.0)
    return ops.cast(ops.squeeze(sample * brought, -1), dtype or keras.config.floatx())


def beta(shape: Any, alpha: Any, beta: Any, dtype: Any = None, seed: Any = None) -> Any:
    """Returns floats of a beta distribution.

    Example:

    >>> beta((2, 3), 0.5, 2.0, seed=1).shape == (2, 3)
    True
    """
    shape = tuple(shape)
    both = [ops.broadcast_to(ops.cast(one, "float32"), shape) for one in (alpha, beta)]
    drawn = gamma((2, *shape), ops.stack(both), "float32", seed)
    least = float(np.finfo(np.float32).tiny)
    sample = drawn[0] / ops.maximum(drawn[0] + drawn[1], least)
    return ops.cast(sample, dtype or keras.config.floatx())


def binomial(*_arguments: Any, **_options: Any) -> Any:
    """Raises: no layer of Keras draws these.

    Raises:
        InputError: always.

    Example:

    >>> binomial((2,), 3, 0.5)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected no keras.random.binomial with random='portable'. ...
    """
    raise InputError(
        "Expected no keras.random.binomial with random='portable'. Received: a call of it. Add up "
        "numbers of keras.random.uniform that are below the probability, or use random='backend'"
    )


def _drawn(seed: Any) -> Any:
    """The next seed of a generator, or of that of Keras."""
    from keras.src.random.seed_generator import draw_seed, global_seed_generator

    if ops.is_tensor(seed):
        return seed
    # Keras takes other ones without a seed, by numbers that overflow in 32 bits.
    return global_seed_generator().next() if seed is None else draw_seed(seed)


def _between(bits: Any, lowest: Any, end: Any, dtype: str) -> Any:
    """Uniform floats by as many upper bits as their significand has."""
    kept = _PRECISIONS.get(dtype, 23)
    unit = ops.cast(shifted_right(bits, 32 - kept), dtype) * 2.0**-kept
    low, high = ops.cast(lowest, dtype), ops.cast(end, dtype)
    return unit * (high - low) + low


def _gaussian(bits: Any) -> Any:
    """Normal floats by the inverse of their distribution."""
    low = float(np.nextafter(np.float32(-1), np.float32(0)))
    return inverse_error_function(_between(bits, low, 1.0, "float32")) * sqrt(2.0)
