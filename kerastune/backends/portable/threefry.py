"""Threefry-2x32 with 20 rounds in `keras.ops`: 64 random bits of a key and a counter.

Reference: Salmon, Moraes, Dror and Shaw, 2011, "Parallel Random Numbers: As Easy as 1, 2, 3",
https://doi.org/10.1145/2063384.2063405
"""

from math import prod
from typing import Any

from kerastune.backends.choice import select

select()

from keras import ops

_PARITY = 0x1BD11BDA
_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))


def threefry_2x32(key: tuple[Any, Any], counter: tuple[Any, Any]) -> tuple[Any, Any]:
    """Returns the two words of Threefry-2x32-20 for each counter.

    Words are int32 that hold the bits of unsigned ones, and additions wrap around: PyTorch lacks
    operations for uint32, and JAX has no int64 unless it is asked for.

    Args:
        key: two int32 tensors without dimensions.
        counter: two int32 tensors of one shape.

    Returns:
        Two int32 tensors of that shape.

    Example:

    >>> zero = ops.zeros((), "int32")
    >>> words = threefry_2x32((zero, zero), (zero, zero))
    >>> [f"{int(word) % 2**32:08x}" for word in words]
    ['6b200159', '99ba4efe']
    """
    keys = (*key, key[0] ^ key[1] ^ _PARITY)
    first, second = counter[0] + keys[0], counter[1] + keys[1]
    for group in range(5):
        for distance in _ROTATIONS[group % 2]:
            first = first + second
            second = _rotated(second, distance) ^ first
        first = first + keys[(group + 1) % 3]
        second = second + (keys[(group + 2) % 3] + (group + 1))
    return first, second


def random_bits(seed: Any, shape: Any) -> Any:
    """Returns 32 random bits for each position of a shape.

    The counters are those of `jax.random.bits` with `jax_threefry_partitionable` off, so that a
    position gets the bits that it gets there.

    Args:
        seed: integer tensor of shape (2,), as `keras.random.SeedGenerator.next` returns it.
        shape: tuple of int, or of tensors where a dimension is known late, or a tensor.

    Returns:
        int32 tensor of that shape.

    Example:

    >>> random_bits(ops.array([1, 0], "int32"), (2, 3)).shape == (2, 3)
    True
    """
    shape = _dimensions(shape)
    key = ops.cast(seed, "int32")
    count = prod(shape)
    half = (count + 1) // 2
    places = ops.arange(half, dtype="int32")
    others = places + half
    if not (isinstance(count, int) and count % 2 == 0):
        others = ops.where(
            others < count, others, 0
        )  # The partner of the last one of an odd number.
    words = threefry_2x32((key[0], key[1]), (places, others))
    return ops.reshape(ops.concatenate(words)[:count], shape)


def random_halves(seed: Any, shape: Any) -> Any:
    """Returns 16 random bits for each position of a shape, for half the work.

    They are those of `jax.random.bits` for uint16: the lower bits of a word, then its upper ones.

    Args:
        seed: as of `random_bits`.
        shape: as of `random_bits`.

    Returns:
        int32 tensor of that shape, of numbers from 0 up to, not including, 2^16.

    Example:

    >>> random_halves(ops.array([1, 0], "int32"), (2, 3)).shape == (2, 3)
    True
    """
    shape = _dimensions(shape)
    count = prod(shape)
    words = random_bits(seed, ((count + 1) // 2,))
    halves = ops.stack([words & 0xFFFF, shifted_right(words, 16)], axis=-1)
    return ops.reshape(ops.reshape(halves, (-1,))[:count], shape)


def shifted_right(bits: Any, distance: int) -> Any:
    """Returns the upper bits of words as non-negative numbers.

    Args:
        bits: int32 tensor.
        distance: int from 1 to 31, the bits that are left out.

    Example:

    >>> int(shifted_right(ops.array(-1, "int32"), 24))
    255
    """
    # The shift of a signed number fills with its sign.
    return ops.right_shift(bits, distance) & ((1 << (32 - distance)) - 1)


def _dimensions(shape: Any) -> tuple[Any, ...]:
    """A shape as a tuple, where it was a tensor."""
    if ops.is_tensor(shape):
        return tuple(shape[place] for place in range(shape.shape[0]))
    return tuple(shape)


def _rotated(word: Any, distance: int) -> Any:
    return ops.left_shift(word, distance) | shifted_right(word, 32 - distance)
