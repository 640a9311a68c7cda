"""Counting `.weights.h5`, in one file or several, by shapes and dtypes alone."""

from pathlib import Path

import h5py

from kerastune.counting.files.hdf5 import Array, Contents, contents
from kerastune.counting.files.keras_weights import read_weights, readable
from kerastune.counting.files.reading import quoted, require_file
from kerastune.counting.files.shards import part_notes, read_index
from kerastune.counting.weights import ModelCount, Weight
from kerastune.errors import InputError, reason


def count_weights_file(path: str | Path) -> ModelCount:
    """Count what is in a file of Keras' weights; no weight is read.

    The state of an optimizer is named in a note and counts for nothing. A variable that two
    layers have as their own is in the file twice, and counts twice.

    Args:
        path: path of a `.weights.h5` file, of the index (`.weights.json`) of several, or of
            an `.h5` file in the layout of Keras 2.

    Returns:
        A `ModelCount` of kind `"unknown"`. Paths are the names of layers, as far as the file
        has them, and the number of the variable in its layer.

    Raises:
        InputError: if a file is missing, cut short, or holds something else, such as links
            to other files.

    Example:

    >>> import keras, tempfile
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="output")])
    >>> file = Path(tempfile.mkdtemp(), "model.weights.h5")
    >>> model.save_weights(file)
    >>> [(weight.path, weight.shape) for weight in count_weights_file(file).weights]
    [('output/0', (4, 3)), ('output/1', (3,))]
    """
    path = Path(path)
    try:
        weights, notes = stored_weights(path)
        if not weights:
            raise ValueError("it holds no weights")
    # h5py passes on the errors of HDF5, of many classes.
    except Exception as error:
        raise InputError(
            "Expected whole weights of Keras in the HDF5 format, or the index of several files. "
            f"Received: {str(path)!r}: {reason(error)}. Save them again with `model.save_weights`"
        ) from error
    return ModelCount(str(path), weights, (*part_notes(path), *notes))


def stored_weights(path: Path) -> tuple[tuple[Weight, ...], tuple[str, ...]]:
    """The weights in one file or, by an index, in several; and notes.

    Args:
        path: as for `count_weights_file`.

    Returns:
        Tuple of `Weight` and tuple of str.

    Raises:
        Exception: of many classes, if a file is missing or not as expected.
    """
    if path.suffix == ".json":
        return readable(_all_contents(path))
    require_file(path)
    with h5py.File(path, "r") as file:
        return read_weights(file)


def _all_contents(index: Path) -> Contents:
    """What is in all the files that an index names; a ValueError if it is not as it says."""
    arrays: dict[str, Array] = {}
    names: dict[tuple[str, ...], str] = {}
    for part, groups in read_index(index).items():
        with h5py.File(part, "r") as file:
            found = contents(file)
        for path, array in found.arrays.items():
            if path in arrays:
                raise ValueError(f"{quoted(path)} is in two files")
            arrays[path] = array
        names.update(found.names)
        held = {f"{path.partition('/vars/')[0]}/vars" for path in found.arrays}
        if different := held ^ groups:
            raise ValueError(f"it and {part.name!r} do not agree about {quoted(min(different))}")
    return Contents(arrays, names)
