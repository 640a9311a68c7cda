"""Adapters folded into the kernels beside which they are, and taken out of them again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import ops

from kerastune.backends.attached_layers import forget_compiled_calls
from kerastune.errors import InputError
from kerastune.tuning.adapters.adapted import AdaptedLayer, adapted_layers
from kerastune.tuning.adapters.guarding import guard_configurations
from kerastune.tuning.adapters.linear_maps import LinearMap


def merge(model: keras.Model) -> None:
    """Folds the adapters in use into the kernels, which then compute alone.

    The kernels are kept as they were, in the memory of the host, so that `unmerge` gives back what
    was there bit for bit.

    Args:
        model: a built Keras model with adapters.

    Raises:
        InputError: if there are none, they are merged already, or some cannot be. Then the model
            is as before.

    Example:

    >>> from kerastune.tuning import LoRA, add_adapters
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> _ = add_adapters(model, LoRA(rank=2, targets="dense"))
    >>> merge(model)
    >>> unmerge(model)
    """
    layers = adapted_layers(model)
    if not layers:
        raise InputError(f"Expected a model with adapters. Received: {model.name!r} without")
    refuse_merged(model)
    found = [(adapted, _merged(adapted)) for adapted in layers]
    for adapted, changed in found:
        adapted.unmerged = [(variable, _kept(variable)) for variable, _ in changed]
        for variable, value in changed:
            variable.assign(value)
    forget_compiled_calls(model)
    guard_configurations(model)


def unmerge(model: keras.Model) -> None:
    """Takes adapters out of the kernels again, which are then what they were, bit for bit.

    Args:
        model: a built Keras model whose adapters are merged.

    Raises:
        InputError: if none are.

    Example:

    See `merge`.
    """
    layers = [adapted for adapted in adapted_layers(model) if adapted.unmerged is not None]
    if not layers:
        raise InputError(
            f"Expected a model whose adapters are merged. Received: {model.name!r}, where none are"
        )
    for adapted in layers:
        for variable, value in adapted.unmerged or ():
            variable.assign(value)
        adapted.unmerged = None
    forget_compiled_calls(model)
    guard_configurations(model)


@contextmanager
def merged(model: keras.Model) -> Iterator[None]:
    """Folds adapters into the kernels for the length of a `with` block; nothing without adapters.

    Args:
        model: a built Keras model.

    Yields:
        None.

    Raises:
        InputError: as for `merge`.

    Example:

    >>> with merged(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])):
    ...     pass
    """
    layers = adapted_layers(model)
    is_open = not layers or any(adapted.unmerged is not None for adapted in layers)
    if not is_open:
        merge(model)
    try:
        yield
    finally:
        if not is_open:
            unmerge(model)


def refuse_merged(model: keras.Model) -> None:
    """Refuses a model whose adapters are merged, where they have to be apart.

    Args:
        model: a built Keras model.

    Raises:
        InputError: if they are.

    Example:

    >>> refuse_merged(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    """
    if any(adapted.unmerged is not None for adapted in adapted_layers(model)):
        raise InputError(
            f"Expected adapters that are not merged. Received: {model.name!r}, whose are. Call "
            "`unmerge_adapters` first"
        )


def _merged(adapted: AdaptedLayer) -> list[tuple[Any, Any]]:
    """The weights of a layer that change with the adapters in use, each with its new value."""
    linear_map = adapted.place
    if not isinstance(linear_map, LinearMap):
        for name in adapted.in_use:
            _whole(adapted, name, None)
        return []
    if adapted.layer.quantization_mode:
        raise InputError(
            "Expected kernels of floats, into which adapters can be merged. Received: "
            f"{adapted.layer.path!r}, quantized to {adapted.layer.quantization_mode}. Save the "
            "adapters, and load them into the model before it is quantized"
        )
    # In float32, also where the kernel is kept in fewer bits, and rounded once.
    matrix = ops.cast(linear_map.as_matrix(ops.convert_to_tensor(linear_map.kernel)), "float32")
    former = None if linear_map.bias is None else ops.convert_to_tensor(linear_map.bias)
    bias = former
    for name, weight in adapted.in_use.items():
        whole = _whole(adapted, name, matrix)
        matrix = whole if weight == 1 else matrix + weight * (whole - matrix)
        bias = None if bias is None else adapted.adapters[name].merged_bias(bias)
    changed = [(linear_map.kernel, linear_map.as_kernel(matrix))]
    return changed if bias is former else [*changed, (linear_map.bias, bias)]


def _whole(adapted: AdaptedLayer, name: str, matrix: Any) -> Any:
    """The kernel that does what a matrix and one adapter do together."""
    try:
        return adapted.adapters[name].merged(matrix)
    except ValueError as error:
        raise InputError(
            f"Expected adapters that can be merged. Received: {name!r}: {error}"
        ) from error


def _kept(variable: Any) -> np.ndarray:
    return np.array(ops.convert_to_numpy(variable))
