"""From the arrays of an HDF5 file of Keras to weights with readable paths."""

from collections.abc import Mapping
from math import prod

import h5py

from kerastune.counting.files.arranging import arranged
from kerastune.counting.files.hdf5 import Array, Contents, contents
from kerastune.counting.files.reading import quoted
from kerastune.counting.weights import SEED, Weight

# The group of a layer's own variables, and the lists that hold layers: no names of layers.
_VARIABLES = "vars"
_LISTS = ("layers", "_layer_checkpoint_dependencies")
_OPTIMIZERS = ("optimizer", "optimizer_weights")
_SEEDS = "seed_generator"
# Of Keras 2: what a saved model has before its weights, and those of no layer.
_WHOLE_MODEL, _TOP_LEVEL = "model_weights", "top_level_model_weights"


def read_weights(file: h5py.File) -> tuple[tuple[Weight, ...], tuple[str, ...]]:
    """The weights that a file of Keras holds, by their shapes and dtypes.

    Args:
        file: an open HDF5 file: `.weights.h5`, or `.h5` of Keras 2.

    Returns:
        Tuple of `Weight`, of kind `"unknown"` or `"seed"`, and a tuple of notes.

    Raises:
        ValueError: if it holds something else.

    Example:

    >>> import io
    >>> file = h5py.File(io.BytesIO(), "w")
    >>> file["layers/dense/vars/0"] = [[1.0, 2.0]]
    >>> read_weights(file)[0][0].path
    'dense/0'
    """
    found = contents(file)
    # Keras 2 splits a long list of names into several.
    keras_2 = any(name in file.attrs for name in ("layer_names", "layer_names0"))
    keras_2 = keras_2 or any(array.keys[0] == _WHOLE_MODEL for array in found.arrays.values())
    return _of_keras_2(found) if keras_2 else readable(found)


def readable(found: Contents) -> tuple[tuple[Weight, ...], tuple[str, ...]]:
    """The weights among the arrays of one file or several, as for `read_weights`."""
    weights, optimizer = [], 0
    for array in found.arrays.values():
        if array.keys[0] in _OPTIMIZERS:
            optimizer += prod(array.shape)
        elif _VARIABLES in array.keys[:-1]:
            weights.append(_weight(array, _path(array.keys, found.names)))
        else:
            raise ValueError(f"{quoted(array.path)} is not where Keras has weights")
    return arranged(weights), _notes(weights, optimizer)


def _path(keys: tuple[str, ...], names: Mapping[tuple[str, ...], str]) -> str:
    """The names of the layers that hold a variable, and its number.

    Keras keeps the place of a layer (`layers/dense_1`) and beside it its name.
    """
    end = keys.index(_VARIABLES)
    parts = [
        names.get((*keys[: depth + 1], _VARIABLES), key)
        for depth, key in enumerate(keys[:end])
        if key not in _LISTS
    ]
    return "/".join((*parts, *keys[end + 1 :]))


def _of_keras_2(found: Contents) -> tuple[tuple[Weight, ...], tuple[str, ...]]:
    """As for `read_weights`, where a group has the name of a layer and its arrays theirs."""
    weights, optimizer = [], 0
    for array in found.arrays.values():
        if array.keys[0] in _OPTIMIZERS:
            optimizer += prod(array.shape)
            continue
        keys = [key for key in array.keys if key not in (_WHOLE_MODEL, _TOP_LEVEL)]
        if keys[:1] == keys[1:2]:
            keys = keys[1:]
        weights.append(_weight(array, "/".join(keys).removesuffix(":0")))
    return arranged(weights), _notes(weights, optimizer)


def _weight(array: Array, path: str) -> Weight:
    """An array, counted."""
    return Weight(
        path=path,
        shape=array.shape,
        dtype=array.dtype,
        kind=SEED if any(key.startswith(_SEEDS) for key in array.keys) else "unknown",
        parameters=prod(array.shape),
        stored_bytes=array.stored_bytes,
    )


def _notes(weights: list[Weight], optimizer: int) -> tuple[str, ...]:
    """What a reader should know: state that is no parameter, weights that may be packed."""
    notes = [f"not counted: {optimizer:,} numbers of an optimizer's state"] if optimizer else []
    if any(weight.dtype in ("int8", "uint8") and len(weight.shape) > 1 for weight in weights):
        notes.append("integers of 8 bits count as one weight each; packed, they stand for several")
    return tuple(notes)
