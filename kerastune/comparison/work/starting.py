"""What all backends begin with: weights, batches, samples for the layers."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerastune.backends.jacobians import to_numpy
from kerastune.comparison.specification import LAYER_SAMPLES
from kerastune.comparison.tensors import (
    Arrays,
    pack,
    read_arrays,
    read_packed,
    unpack,
    write_arrays,
    write_packed,
)
from kerastune.comparison.work.ordering import OrderedModel
from kerastune.comparison.work.subjects import Batch
from kerastune.errors import InputError


def few_samples(x: Any) -> Any:
    """The first samples of a batch's inputs, on which layers are compared.

    Args:
        x: arrays in any structure.

    Example:

    >>> few_samples({"a": np.ones((32, 2))})["a"].shape
    (8, 2)
    """
    return keras.tree.map_structure(lambda array: array[:LAYER_SAMPLES], x)


def write_start(folder: Path, ordered: OrderedModel, batches: list[Batch]) -> None:
    """Write the weights by place, and the batches."""
    weights = {str(place): to_numpy(weight) for place, weight in enumerate(ordered.weights)}
    write_arrays(folder / "weights.npz", weights)
    arrays = Arrays()
    write_packed(
        folder, "batches", [pack(batch, arrays, _array) for batch in map(list, batches)], arrays
    )


def fill_zero_kernels(ordered: OrderedModel, seed: int) -> list[str]:
    """Fill kernels that are all zero with random numbers; returns what was filled, in words.

    Behind such a kernel, as heads have it before they train, every gradient is zero.
    """
    generator = np.random.default_rng(seed)
    filled = []
    for weight in ordered.trainable:
        if len(weight.shape) > 1 and not np.any(to_numpy(weight)):
            width = np.prod(weight.shape[:-1])
            weight.assign(generator.normal(0, width**-0.5, weight.shape).astype("float32"))
            filled.append(within(ordered.model, weight.path))
    if not filled:
        return []
    return [
        f"Filled with random numbers, so that gradients reach the layers before: "
        f"{', '.join(filled)}."
    ]


def read_start(folder: Path, ordered: OrderedModel) -> list[Batch]:
    """Set the weights of a model to those of the reference, and read its batches.

    Args:
        folder: Path, what the processes share.
        ordered: the `OrderedModel`. Every weight of it is set.

    Returns:
        List of `(x, y, sample_weight)`.

    Raises:
        InputError: if the number or the shapes of the weights differ.
    """
    stored = read_arrays(folder / "weights.npz")
    if len(stored) != len(ordered.weights):
        raise InputError(
            f"Expected the {len(stored)} weights of the reference. Received: "
            f"{len(ordered.weights)}: the model is built otherwise here"
        )
    for place, weight in enumerate(ordered.weights):
        value = stored[str(place)]
        if tuple(weight.shape) != value.shape:
            raise InputError(
                f"Expected {weight.path!r} in the shape {value.shape} of the reference. Received: "
                f"{tuple(weight.shape)}: the model is built otherwise here"
            )
        weight.assign(value)
        if not np.array_equal(to_numpy(weight), value, equal_nan=True):
            raise RuntimeError(f"{weight.path!r} did not take the value of the reference")
    packed, arrays = read_packed(folder, "batches")
    return [tuple(unpack(batch, arrays)) for batch in packed]


def within(model: keras.Model, path: str) -> str:
    """A path without the name of the model, which says nothing and may be counted up."""
    return path.removeprefix(f"{model.name}/")


def _array(value: Any) -> np.ndarray:
    """What a batch holds, as an array."""
    return to_numpy(value)
