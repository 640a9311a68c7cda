"""Every kind of layer, by name: strides are 1, images are padded, recurrent layers give each step.

Papers: layer normalization arXiv:1607.06450, batch normalization 1502.03167, transposed
convolution 1603.07285, in groups 1611.05431, separable 1610.02357, simple recurrence
doi:10.1207/s15516709cog1402_1, LSTM doi:10.1162/neco.1997.9.8.1735, of images arXiv:1506.04214,
GRU 1406.1078, both directions doi:10.1109/78.650093, attention and transformer arXiv:1706.03762,
grouped queries 2305.13245.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import keras

from kerastune.counting.layers.kinds import LayerKind, LayerSizes
from kerastune.errors import InputError, closest

_Connect = Callable[[LayerSizes, Any], Any]
_IMAGES = {"padding": "same", "data_format": "channels_last"}
_BY_HEADS = (("units", "heads"),)
_ADDED = "u units each way, added so that the output is u wide; concatenated, it would be 2·u"
_TWO_BIASES = "two biases a gate, as Keras' `reset_after=True` and cuDNN have; the paper has one"


def _layer(name: str, *sizes: str, **options: Any) -> _Connect:
    """The Keras layer of a name, made with some of the sizes and the options."""

    def connect(given: LayerSizes, inputs: Any) -> Any:
        layer = getattr(keras.layers, name)
        named = (getattr(given, size) for size in sizes)
        return layer(*named, use_bias=given.use_bias, dtype="float32", **options)(inputs)

    return connect


def _convolution(name: str) -> _Connect:
    return _layer(name, "units", "kernel_size", **_IMAGES)


def _recurrent(name: str, layer: str, formula: str, note: str = "") -> tuple[LayerKind, LayerKind]:
    """The kinds of a recurrent layer in one direction, and in both."""

    def both(s: LayerSizes, inputs: Any) -> Any:
        options = {"use_bias": s.use_bias, "return_sequences": True, "dtype": "float32"}
        forward = getattr(keras.layers, layer)(s.units, **options)
        return keras.layers.Bidirectional(forward, merge_mode="sum", dtype="float32")(inputs)

    one = _layer(layer, "units", return_sequences=True)
    notes = "; ".join(filter(None, (_ADDED, note)))
    doubled = f"2·{formula}" if formula.endswith(")") else f"2·({formula})"
    return (
        LayerKind(name, "sequence", formula, one, note=note),
        LayerKind(f"bidirectional_{name}", "sequence", doubled, both, note=notes),
    )


def _einsum_dense(s: LayerSizes, inputs: Any) -> Any:
    shape, bias = (s.sequence_length, s.units), "u" if s.use_bias else None
    return keras.layers.EinsumDense("btn,nu->btu", shape, bias_axes=bias, dtype="float32")(inputs)


def _grouped(s: LayerSizes, inputs: Any) -> Any:
    return _layer("Conv2D", "units", "kernel_size", groups=s.groups, **_IMAGES)(s, inputs)


def _depthwise(s: LayerSizes, inputs: Any) -> Any:
    multiplier = s.units // s.inputs
    layer = _layer("DepthwiseConv2D", "kernel_size", depth_multiplier=multiplier, **_IMAGES)
    return layer(s, inputs)


def _attention(s: LayerSizes, inputs: Any) -> Any:
    options = {"output_shape": s.units, "use_bias": s.use_bias, "dtype": "float32"}
    layer = keras.layers.MultiHeadAttention(s.heads, s.units // s.heads, **options)
    return layer(inputs, inputs)


def _grouped_query_attention(s: LayerSizes, inputs: Any) -> Any:
    sizes = (s.units // s.heads, s.heads, s.key_value_heads)
    layer = keras.layers.GroupQueryAttention(*sizes, use_bias=s.use_bias, dtype="float32")
    return layer(inputs, inputs)


def _transformer(s: LayerSizes, inputs: Any) -> Any:
    """An encoder block as in the paper: each part is added to its input, then normalized."""
    add, normalize = keras.layers.Add, keras.layers.LayerNormalization
    attended = add(dtype="float32")([inputs, _attention(s, inputs)])
    attended = normalize(dtype="float32")(attended)
    widened = _layer("Dense", "feed_forward", activation="relu")(s, attended)
    outputs = add(dtype="float32")([attended, _layer("Dense", "units")(s, widened)])
    return normalize(dtype="float32")(outputs)


_KINDS = (
    LayerKind("dense", "vector", "n·u[ + u]", _layer("Dense", "units")),
    LayerKind("einsum_dense", "sequence", "n·u[ + u]", _einsum_dense),
    LayerKind(
        "embedding",
        "tokens",
        "n·u",
        lambda s, x: keras.layers.Embedding(s.inputs, s.units, dtype="float32")(x),
        note="its inputs are the different tokens (the vocabulary)",
    ),
    LayerKind(
        "layer_normalization",
        "sequence",
        "2·u",
        lambda _, x: keras.layers.LayerNormalization(dtype="float32")(x),
        keeps_width=True,
    ),
    LayerKind(
        "batch_normalization",
        "image",
        "4·u",
        lambda _, x: keras.layers.BatchNormalization(dtype="float32")(x),
        keeps_width=True,
        note="half of its parameters are statistics, which no gradient trains",
    ),
    LayerKind("conv1d", "sequence", "k·n·u[ + u]", _convolution("Conv1D")),
    LayerKind("conv2d", "image", "k²·n·u[ + u]", _convolution("Conv2D")),
    LayerKind("conv3d", "volume", "k³·n·u[ + u]", _convolution("Conv3D")),
    LayerKind("conv2d_transpose", "image", "k²·n·u[ + u]", _convolution("Conv2DTranspose")),
    LayerKind(
        "grouped_conv2d",
        "image",
        "k²·n·u/g[ + u]",
        _grouped,
        multiples=(("inputs", "groups"), ("units", "groups")),
    ),
    LayerKind(
        "depthwise_conv2d",
        "image",
        "k²·u[ + u]",
        _depthwise,
        multiples=(("units", "inputs"),),
        note="each of the n channels gives u/n (its depth multiplier); channels are not mixed",
    ),
    LayerKind("separable_conv1d", "sequence", "k·n + n·u[ + u]", _convolution("SeparableConv1D")),
    LayerKind("separable_conv2d", "image", "k²·n + n·u[ + u]", _convolution("SeparableConv2D")),
    *_recurrent("simple_rnn", "SimpleRNN", "n·u + u²[ + u]"),
    *_recurrent("lstm", "LSTM", "4·(n·u + u²[ + u])"),
    *_recurrent("gru", "GRU", "3·(n·u + u²[ + 2·u])", _TWO_BIASES),
    LayerKind(
        "conv_lstm2d",
        "frames",
        "4·(k²·n·u + k²·u²[ + u])",
        _layer("ConvLSTM2D", "units", "kernel_size", return_sequences=True, **_IMAGES),
    ),
    LayerKind(
        "attention",
        "sequence",
        "3·(n·u[ + u]) + u²[ + u]",
        _attention,
        multiples=_BY_HEADS,
        note="all heads together are u wide, so that their number changes no count of parameters",
    ),
    LayerKind(
        "grouped_query_attention",
        "sequence",
        "2·(u²[ + u]) + 2·(u²[ + u])·c/h",
        _grouped_query_attention,
        multiples=(*_BY_HEADS, ("heads", "key_value_heads")),
        keeps_width=True,
    ),
    LayerKind(
        "transformer",
        "sequence",
        "4·(u²[ + u]) + 2·u·f[ + f + u] + 4·u",
        _transformer,
        multiples=_BY_HEADS,
        keeps_width=True,
        note="attention, two dense layers (to f = 4·u and back) and two layer normalizations",
    ),
)
LAYERS: Mapping[str, LayerKind] = MappingProxyType({kind.name: kind for kind in _KINDS})
"""The kinds of layers that can be compared, from name to `LayerKind`."""


def layer_kinds(names: Sequence[str]) -> list[LayerKind]:
    """The kinds of some names, or an `InputError` with the closest name."""
    if not names:
        raise InputError(f"Expected kinds of layers, of {', '.join(LAYERS)}. Received: none")
    for name in names:
        if name not in LAYERS:
            hint = closest(name, list(LAYERS)) or f" Choose one of {', '.join(LAYERS)}"
            raise InputError(f"Expected the name of a kind of layer. Received: {name!r}.{hint}")
    return [LAYERS[name] for name in names]
