"""Whether weights are what they were, bit for bit, by their checksums."""

from collections.abc import Iterable
from zlib import crc32

import keras

from kerastune.backends.bits import bits_of
from kerastune.errors import InputError


def checksums(variables: Iterable[keras.Variable]) -> dict[int, int]:
    """A checksum of the bits of each variable, which takes a second for some gigabytes.

    Args:
        variables: Keras variables.

    Returns:
        Dictionary from the id of a variable to its checksum.

    Example:

    >>> weight = keras.Variable([1.0, 2.0])
    >>> before = checksums([weight])
    >>> weight.assign([1.0, 2.0000002]) is None
    False
    >>> checksums([weight]) == before
    False
    """
    return {id(variable): _checksum(variable) for variable in variables}


def refuse_moved(model: keras.Model, before: dict[int, int]) -> None:
    """Raise if weights that were to stay the same have moved.

    Args:
        model: a Keras model.
        before: what `checksums` gave for some of its variables.

    Raises:
        InputError: with the path of a weight that has moved, and how many have.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    >>> before = checksums(model.weights)
    >>> refuse_moved(model, before)
    >>> model.layers[0].bias.assign([1.0]) is None
    False
    >>> refuse_moved(model, before)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected frozen weights that stay the same bit for bit. ...
    """
    moved = [
        weight.path
        for weight in model.weights
        if id(weight) in before and _checksum(weight) != before[id(weight)]
    ]
    if moved:
        more = f" and {len(moved) - 1} more" if len(moved) > 1 else ""
        raise InputError(
            "Expected frozen weights that stay the same bit for bit. Received: "
            f"{moved[0]!r}{more} in {model.name!r}, moved while training by a layer, a callback or "
            "a `train_step`. Change weights only where `training` is true and the layer trains, "
            "or let a pattern name them"
        )


def _checksum(variable: keras.Variable) -> int:
    """The checksum of the bits of a variable."""
    return crc32(bits_of(variable).data)
