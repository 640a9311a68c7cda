"""Which layers can be seen as one matrix."""

from typing import Any

import keras

from kerastune.tuning.adapters.linear_maps.convolution import (
    ConvolutionMap,
    DepthwiseMap,
    SeparableMap,
)
from kerastune.tuning.adapters.linear_maps.dense import DenseMap
from kerastune.tuning.adapters.linear_maps.einsum import EinsumMap, Equation
from kerastune.tuning.adapters.linear_maps.embedding import EmbeddingMap
from kerastune.tuning.adapters.linear_maps.linear_map import LinearMap

KINDS: dict[type[keras.layers.Layer], type[LinearMap]] = {
    keras.layers.Dense: DenseMap,
    keras.layers.EinsumDense: EinsumMap,
    keras.layers.ReversibleEmbedding: EmbeddingMap,
    keras.layers.Embedding: EmbeddingMap,
    keras.layers.Conv1D: ConvolutionMap,
    keras.layers.Conv2D: ConvolutionMap,
    keras.layers.Conv3D: ConvolutionMap,
    keras.layers.DepthwiseConv1D: DepthwiseMap,
    keras.layers.DepthwiseConv2D: DepthwiseMap,
    keras.layers.SeparableConv1D: SeparableMap,
    keras.layers.SeparableConv2D: SeparableMap,
}
"""The layers that can be adapted, each with its matrix."""

_CONSTRAINTS = ("kernel", "embeddings", "depthwise", "pointwise")
_PACKED = ("gptq", "awq", "float8")


def linear_map(layer: keras.Layer) -> LinearMap:
    """Returns a layer as the matrix that it multiplies by.

    Args:
        layer: a built Keras layer. One that computes in its own way, a subclass with its own
            `call`, has no matrix that is known.

    Raises:
        ValueError: if it has none, with the reason.

    Example:

    >>> norm = keras.layers.LayerNormalization()
    >>> norm.build((None, 3))
    >>> linear_map(norm)
    Traceback (most recent call last):
        ...
    ValueError: a LayerNormalization is no layer with one kernel
    """
    kind = type(layer).__name__
    found = [one for base, one in KINDS.items() if _is(layer, base)]
    if not found:
        raise ValueError(f"a {kind} is no layer with one kernel")
    held: Any = layer
    if getattr(held, "lora_enabled", False):
        raise ValueError("Keras' own LoRA is enabled in it")
    if any(getattr(held, f"{name}_constraint", None) for name in _CONSTRAINTS):
        raise ValueError("its kernel is under a constraint, which adapters would break")
    if held.quantization_mode in _PACKED:
        raise ValueError(
            f"it is quantized to {held.quantization_mode}; int8 and int4 can be adapted"
        )
    if isinstance(held, keras.layers.EinsumDense) and not Equation(held.equation).is_matrix:
        raise ValueError(f"its equation {held.equation!r} is no product by one matrix")
    if getattr(held, "logit_soft_cap", None):
        raise ValueError("it caps its logits after the product")
    return found[0](layer)


def _is(layer: keras.Layer, base: type[keras.layers.Layer]) -> bool:
    """Whether a layer is of a kind, and computes as that does."""
    own: Any = type(layer).call
    return isinstance(layer, base) and own is base.call
