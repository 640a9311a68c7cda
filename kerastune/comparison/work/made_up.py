"""Inputs and targets for a model that is compared without data, drawn with NumPy."""

from typing import Any

import keras
import numpy as np

from kerastune.backends import nested_layers
from kerastune.backends.dtypes import is_float
from kerastune.errors import InputError

_SAMPLES = 16
_OPEN_LENGTH = 16  # Where a model takes sequences of any length.
_CLASSES = (
    "SparseCategoricalCrossentropy",
    "sparse_categorical_crossentropy",
    "TokenCrossentropy",
)
_ONE_HOT = ("CategoricalCrossentropy", "categorical_crossentropy")
_BINARY = ("BinaryCrossentropy", "binary_crossentropy")


def made_up_inputs(model: keras.Model, seed: int, samples: int = _SAMPLES) -> Any:
    """Inputs that a model takes: normal numbers, or tokens that its embeddings have.

    Args:
        model: a built functional or sequential Keras model.
        seed: int.
        samples: int. Defaults to 16.

    Returns:
        Arrays in the structure of the model's inputs. Masks, inputs of whole numbers or booleans
        with `mask` in their name, are ones, and segments zeros.

    Raises:
        InputError: if the model does not tell what it takes.

    Example:

    >>> model = keras.Sequential([keras.Input((5,), dtype="int32"), keras.layers.Embedding(3, 2)])
    >>> tokens = made_up_inputs(model, seed=0)
    >>> tokens.shape, int(tokens.max())
    ((16, 5), 2)
    """
    structure = _structure(model)
    generator = np.random.default_rng(seed)
    sizes = [getattr(layer, "input_dim", None) for layer in nested_layers(model)]
    vocabulary = max((size for size in sizes if isinstance(size, int)), default=2)

    def made(path: tuple[Any, ...], tensor: Any) -> np.ndarray:
        name = path[-1] if path and isinstance(path[-1], str) else tensor.name
        shape = (samples, *(size or _open_size(model, name, tensor) for size in tensor.shape[1:]))
        if is_float(tensor.dtype):
            return generator.normal(size=shape).astype("float32")
        if tensor.dtype == "string":
            raise InputError(
                f"Expected --data for {model.name!r}, which takes texts. Received: none"
            )
        if tensor.dtype == "bool" or "mask" in name:
            return np.ones(shape, tensor.dtype)
        if "segment" in name or "type_ids" in name:
            return np.zeros(shape, tensor.dtype)
        if "position" in name:
            return np.broadcast_to(np.arange(shape[-1]), shape).astype(tensor.dtype)
        return generator.integers(0, vocabulary, size=shape).astype(tensor.dtype)

    leaves = [made(path, tensor) for path, tensor in keras.tree.flatten_with_path(structure)]
    return keras.tree.pack_sequence_as(structure, leaves)


def made_up_targets(outputs: Any, loss: Any, seed: int) -> Any:
    """Targets that fit a loss.

    Args:
        outputs: arrays, what the model gives.
        loss: what the model is compiled with, or None.
        seed: int.

    Returns:
        Arrays in the structure of the outputs: classes, classes as one-hot rows, zeros and ones, or
        normal numbers.

    Example:

    >>> made_up_targets(np.zeros((4, 3)), "sparse_categorical_crossentropy", 0).shape
    (4,)
    """
    generator = np.random.default_rng(seed + 1)

    def made(output: np.ndarray) -> np.ndarray:
        kind = loss if isinstance(loss, str) else type(loss).__name__
        shape, classes = output.shape, output.shape[-1] if output.ndim > 1 else 1
        if kind in _CLASSES:
            return generator.integers(0, classes, size=shape[:-1])
        if kind in _ONE_HOT:
            chosen = generator.integers(0, classes, size=shape[:-1])
            return np.eye(classes, dtype="float32")[chosen]
        if kind in _BINARY:
            return generator.integers(0, 2, size=shape).astype("float32")
        return generator.normal(size=shape).astype("float32")

    return keras.tree.map_structure(made, outputs)


def _structure(model: keras.Model) -> Any:
    """What a model takes, as symbolic tensors."""
    for name in ("input", "inputs"):
        try:
            found = getattr(model, name, None)
        except (AttributeError, ValueError):
            continue
        if found is not None:
            return found[0] if name == "inputs" and len(found) == 1 else found
    raise InputError(
        f"Expected --data for {model.name!r}, which does not tell what it takes. Received: none"
    )


def _open_size(model: keras.Model, name: str, tensor: Any) -> int:
    """A size for a dimension that the model leaves open, where any will do."""
    if len(tensor.shape) > 3:
        raise InputError(
            f"Expected --data for {model.name!r}, whose input {name!r} has the shape "
            f"{tuple(tensor.shape)}. Received: none"
        )
    return _OPEN_LENGTH
