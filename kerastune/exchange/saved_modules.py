"""Modules that PEFT stores whole, such as heads, and the variables that they are here."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from kerastune.exchange.naming import Naming
from kerastune.tuning.adapters.linear_maps import linear_map
from kerastune.untrusted.reading import quoted

_NAMES = {"weight": ("kernel", "gamma", "scale"), "bias": ("bias", "beta")}


def whole_variables(layer: keras.Layer) -> dict[str, Any]:
    """Returns the variables of a layer under the names that they have in PyTorch.

    Args:
        layer: a built Keras layer.

    Example:

    >>> norm = keras.layers.LayerNormalization()
    >>> norm.build((None, 2))
    >>> [variable.name for variable in whole_variables(norm).values()]
    ['gamma', 'beta']
    """
    return {
        part: variable
        for part, names in _NAMES.items()
        for name in names
        if isinstance(variable := getattr(layer, name, None), keras.Variable)
    }


def variables_for(
    naming: Naming, saved: Mapping[str, Mapping[str, str]], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, tuple[keras.Layer, Any]]:
    """Returns which variable each tensor of modules that are stored whole is for.

    Args:
        naming: the `Naming` of the model.
        saved: dictionary from names of modules to dictionaries from `"weight"` and `"bias"` to
            names of tensors.
        shapes: dictionary from names of tensors to shapes.

    Returns:
        Dictionary from names of tensors to pairs of a layer and its variable.

    Raises:
        ValueError: if the layer has others, or of other shapes.
    """
    found = {}
    for module, names in saved.items():
        layer = naming.saved[module]
        variables = whole_variables(layer)
        if variables.keys() != names.keys():
            raise ValueError(
                f"it has {' and '.join(sorted(names))} of {module!r}, and the model has "
                f"{' and '.join(sorted(variables))}"
            )
        for part, name in names.items():
            expected = _shape(layer, variables[part])
            if shapes[name] != expected:
                raise ValueError(
                    f"{quoted(name)} has the shape {shapes[name]}, and the model needs {expected}"
                )
            found[name] = (layer, variables[part])
    return found


def from_torch(layer: keras.Layer, variable: Any, value: np.ndarray) -> Any:
    """Returns a tensor of PyTorch in the order of numbers that a variable has.

    Args:
        layer: the layer.
        variable: its variable.
        value: array.

    Example:

    >>> dense = keras.layers.Dense(2)
    >>> dense.build((None, 3))
    >>> tuple(from_torch(dense, dense.kernel, np.zeros((2, 3))).shape)
    (3, 2)
    """
    if variable.name == "kernel":
        return linear_map(layer).as_kernel(keras.ops.convert_to_tensor(value.T))
    return keras.ops.reshape(keras.ops.convert_to_tensor(value), variable.shape)


def to_torch(layer: keras.Layer, variable: Any) -> np.ndarray:
    """Returns a variable as a tensor of PyTorch.

    Args:
        layer: the layer.
        variable: its variable.

    Example:

    >>> dense = keras.layers.Dense(2)
    >>> dense.build((None, 3))
    >>> to_torch(dense, dense.kernel).shape
    (2, 3)
    """
    tensor = keras.ops.cast(keras.ops.convert_to_tensor(variable), "float32")
    if variable.name == "kernel":
        return keras.ops.convert_to_numpy(linear_map(layer).as_matrix(tensor)).T
    return keras.ops.convert_to_numpy(tensor).reshape(-1)


def _shape(layer: keras.Layer, variable: Any) -> tuple[int, ...]:
    if variable.name == "kernel":
        found = linear_map(layer)
        return (found.columns, found.rows)
    return (int(np.prod(variable.shape)),)
