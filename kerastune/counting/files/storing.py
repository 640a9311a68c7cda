"""How much Keras writes when it saves the weights of a model."""

from math import prod
from typing import Any

import keras

from kerastune.backends import child_layers, nested_layers


def stored_size(model: keras.Model) -> int:
    """The numbers that Keras writes for the weights of a model.

    They are not always its parameters: a variable that two layers have as their own is
    written twice, and adapters are merged into the weights beside them.

    Args:
        model: a built Keras model, with values or without.

    Returns:
        int, without seeds and without the state of an optimizer.

    Example:

    >>> dense = keras.layers.Dense(1)
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.SpectralNormalization(dense)])
    >>> model.count_params(), stored_size(model)
    (4, 6)
    """
    return sum(_own_size(layer) for layer in [model, *nested_layers(model)])


def _own_size(layer: keras.Layer) -> int:
    """The numbers that a layer writes itself, without those of the layers in it."""
    changed = getattr(layer, "lora_enabled", False) or layer.quantization_mode
    if changed and not child_layers(layer):
        # Merging adapters would read values, and Keras loses the scales of quantized layers
        # that come from a configuration. What is written has the shapes that are there.
        kept = [v for v in layer.variables if not v.name.startswith("lora_")]
        return sum(prod(variable.shape) for variable in kept)
    store: dict[str, Any] = {}
    layer.save_own_variables(store)
    return sum(prod(value.shape) for value in store.values())
