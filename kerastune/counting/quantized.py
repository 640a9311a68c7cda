"""Quantized weights: how many parameters stand behind what is stored."""

from math import prod
from typing import TYPE_CHECKING, Any

from kerastune.backends import nested_layers

if TYPE_CHECKING:
    import keras

# What a quantized layer keeps beside its weights (scales, zero points) is not a weight.
_WEIGHTS = ("kernel", "embeddings", "reverse_embeddings")


def quantized_weights(model: "keras.Layer") -> "dict[int, int]":
    """The parameters that each quantized weight stands for, by the id of its variable.

    Keras packs int4 weights two to a byte, and those of GPTQ and AWQ as their number of
    bits allows; int8 weights are stored one by one.
    """
    return {
        id(variable): _logical(layer, variable)
        for layer in [model, *nested_layers(model)]
        if getattr(layer, "quantization_mode", None)
        for variable in layer.weights
        if variable.name in _WEIGHTS and not variable.trainable
    }


def _logical(layer: Any, variable: "keras.Variable") -> int:
    stored = prod(variable.shape)
    if layer.quantization_mode in ("int8", "float8"):
        return stored
    if hasattr(layer, "original_kernel_shape"):
        return prod(layer.original_kernel_shape)
    if hasattr(layer, "units"):
        return layer.units * layer.input_spec.axes[-1]
    return layer.input_dim * layer.output_dim
