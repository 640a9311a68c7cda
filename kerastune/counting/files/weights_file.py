"""Counting `.weights.h5`, in one file or several, by shapes and dtypes alone."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import prod
from pathlib import Path

import h5py

from kerastune.counting.weights import SEED, ModelCount, Weight
from kerastune.errors import InputError, reason
from kerastune.untrusted.hdf5 import Array, read_arrays, read_names
from kerastune.untrusted.reading import quoted, read_weight_map, require_file

# The group of a layer's own variables, and the lists that hold layers: no names of layers.
_VARIABLES = "vars"
_LISTS = ("layers", "_layer_checkpoint_dependencies")
_OPTIMIZERS = ("optimizer", "optimizer_weights")
_SEEDS = "seed_generator"
# Of Keras 2: what a saved model has before its weights, and those of no layer.
_WHOLE_MODEL, _TOP_LEVEL = "model_weights", "top_level_model_weights"
_PART = re.compile(r"(-\d+-of-\d+\.safetensors|_\d{5}\.weights\.h5)$")

Stored = tuple[tuple[Weight, ...], tuple[str, ...]]
"""The weights in a file, of kind `"unknown"` or `"seed"`, and notes."""


def count_weights_file(path: str | Path) -> ModelCount:
    """Count what is in a file of Keras' weights; no weight is read.

    It is a `.weights.h5` file, the index (`.weights.json`) of several, or an `.h5` file in the
    layout of Keras 2. The state of an optimizer is named in a note and counts for nothing. A
    variable that two layers have as their own is in the file twice, and counts twice. Paths are
    the names of layers, as far as the file has them, and the number of the variable in its layer.
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


def stored_weights(path: Path) -> Stored:
    """The weights in one file or, by an index, in several; errors are of many classes."""
    if path.suffix == ".json":
        return _weights(*_arrays_of_parts(path))
    require_file(path)
    with h5py.File(path, "r") as file:
        return weights_in(file)


def weights_in(file: h5py.File) -> Stored:
    """The weights in an open HDF5 file of Keras; a ValueError if it holds something else."""
    arrays, names = read_arrays(file), read_names(file)
    # Keras 2 splits a long list of names into several.
    keras_2 = any(name in file.attrs for name in ("layer_names", "layer_names0"))
    if keras_2 or any(array.keys[0] == _WHOLE_MODEL for array in arrays):
        arrays = [replace(array, keys=_keras_2_keys(array.keys)) for array in arrays]
    return _weights(arrays, names)


def part_notes(path: Path) -> tuple[str, ...]:
    """A note for a file that by its name is one part of several."""
    if not _PART.search(path.name):
        return ()
    return ("one part of a model in several files: count the index (.json) beside it for all",)


def sorted_weights(weights: Iterable[Weight]) -> tuple[Weight, ...]:
    """Weights sorted by path, with `layer_2` before `layer_10`, and with distinct paths.

    Files do not say in which order a model uses its layers. What has the path of another gets
    a number after it.
    """
    made: dict[str, Weight] = {}
    times: Counter[str] = Counter()
    for weight in sorted(weights, key=lambda weight: _natural(weight.path)):
        path = weight.path
        while path in made:
            times[weight.path] += 1
            path = f"{weight.path}:{times[weight.path] + 1}"
        made[path] = replace(weight, path=path)
    return tuple(made.values())


def _natural(path: str) -> list[tuple[int, int, str]]:
    """A key that sorts digits as the numbers they write, of any length."""
    pieces = re.findall(r"([0-9]+)|([^0-9]+)", path)
    return [
        (0, len(digits.lstrip("0")), digits.lstrip("0")) if digits else (1, 0, text)
        for digits, text in pieces
    ]


def _arrays_of_parts(index: Path) -> tuple[list[Array], dict[tuple[str, ...], str]]:
    """What is in all the files that an index names; a ValueError if it is not as it says."""
    arrays: dict[tuple[str, ...], Array] = {}
    names: dict[tuple[str, ...], str] = {}
    for part, groups in read_weight_map(index).items():
        with h5py.File(part, "r") as file:
            found, found_names = read_arrays(file), read_names(file)
        if twice := arrays.keys() & {array.keys for array in found}:
            raise ValueError(f"{quoted('/'.join(min(twice)))} is in two files")
        arrays |= {array.keys: array for array in found}
        names |= found_names
        paths = ("/" + "/".join(array.keys) for array in found)
        held = {f"{path.partition('/vars/')[0]}/vars" for path in paths}
        if different := held ^ groups:
            raise ValueError(f"it and {part.name!r} do not agree about {quoted(min(different))}")
    return list(arrays.values()), names


def _weights(arrays: Iterable[Array], names: Mapping[tuple[str, ...], str]) -> Stored:
    weights, optimizer = [], 0
    for array in arrays:
        if array.keys[0] in _OPTIMIZERS:
            optimizer += prod(array.shape)
        elif _VARIABLES in array.keys[:-1]:
            weights.append(_weight(array, names))
        else:
            path = quoted("/" + "/".join(array.keys))
            raise ValueError(f"{path} is not where Keras has weights")
    notes = [f"not counted: {optimizer:,} numbers of an optimizer's state"] if optimizer else []
    if any(weight.dtype in ("int8", "uint8") and len(weight.shape) > 1 for weight in weights):
        notes.append("integers of 8 bits count as one weight each; packed, they stand for several")
    return sorted_weights(weights), tuple(notes)


def _weight(array: Array, names: Mapping[tuple[str, ...], str]) -> Weight:
    """An array, counted; Keras keeps the place of a layer (`layers/dense_1`) beside its name."""
    end = array.keys.index(_VARIABLES)
    layers = [
        names.get((*array.keys[: depth + 1], _VARIABLES), key)
        for depth, key in enumerate(array.keys[:end])
        if key not in _LISTS
    ]
    return Weight(
        path="/".join((*layers, *array.keys[end + 1 :])),
        shape=array.shape,
        dtype=array.dtype,
        kind=SEED if any(key.startswith(_SEEDS) for key in array.keys) else "unknown",
        parameters=prod(array.shape),
        stored_bytes=array.stored_bytes,
    )


def _keras_2_keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of an array of Keras 2, whose groups have the names of layers, as of Keras 3."""
    kept = [key for key in keys if key not in (_WHOLE_MODEL, _TOP_LEVEL)]
    if keys[0] in _OPTIMIZERS or len(kept) < 2:
        return keys
    layer, *variable = kept[1:] if kept[:1] == kept[1:2] else kept
    return (layer, _VARIABLES, "/".join(variable).removesuffix(":0"))
