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

from keras import layers

from kerastune.counting.layers.kinds import LayerKind, LayerSizes
from kerastune.errors import InputError, closest

_FLOAT32 = {"dtype": "float32"}
_IMAGES = {"padding": "same", "data_format": "channels_last"}


def _made(name: str, *sizes: str, **options: Any) -> Callable[[LayerSizes], Any]:
    """The Keras layer of a name, made with some of the sizes and the options."""
    layer = getattr(layers, name)
    return lambda s: layer(*(getattr(s, size) for size in sizes), **options, **_plain(s))


def _plain(s: LayerSizes) -> dict[str, Any]:
    return {"use_bias": s.use_bias, **_FLOAT32}


def _convolution(name: str, **options: Any) -> Callable[[LayerSizes], Any]:
    return _made(name, "units", "kernel_size", **_IMAGES, **options)


def _grouped(s: LayerSizes) -> Any:
    return _convolution("Conv2D", groups=s.groups)(s)


def _depthwise(s: LayerSizes) -> Any:
    multiplier = s.units // s.inputs
    return _made("DepthwiseConv2D", "kernel_size", depth_multiplier=multiplier, **_IMAGES)(s)


def _einsum_dense(s: LayerSizes) -> Any:
    shape, bias = (s.sequence_length, s.units), "u" if s.use_bias else None
    return layers.EinsumDense("btn,nu->btu", shape, bias_axes=bias, **_FLOAT32)


def _attention(s: LayerSizes) -> Callable[[Any], Any]:
    sizes = (s.heads, s.units // s.heads)
    attend = layers.MultiHeadAttention(*sizes, output_shape=s.units, **_plain(s))
    return lambda inputs: attend(inputs, inputs)


def _grouped_query_attention(s: LayerSizes) -> Callable[[Any], Any]:
    sizes = (s.units // s.heads, s.heads, s.key_value_heads)
    attend = layers.GroupQueryAttention(*sizes, **_plain(s))
    return lambda inputs: attend(inputs, inputs)


def _transformer(s: LayerSizes) -> Callable[[Any], Any]:
    """An encoder block as in the paper: each part is added to its input, then normalized."""

    def add_and_normalize(*tensors: Any) -> Any:
        return layers.LayerNormalization(**_FLOAT32)(layers.Add(**_FLOAT32)(tensors))

    def block(inputs: Any) -> Any:
        attended = add_and_normalize(inputs, _attention(s)(inputs))
        widened = layers.Dense(s.feed_forward, "relu", **_plain(s))(attended)
        return add_and_normalize(attended, layers.Dense(s.units, **_plain(s))(widened))

    return block


def _recurrent(name: str, layer: str, formula: str, note: str = "") -> tuple[LayerKind, LayerKind]:
    """The kinds of a recurrent layer in one direction, and in both."""
    one = _made(layer, "units", return_sequences=True)
    added = "u units each way, added so that the output is u wide; concatenated, it would be 2·u"
    both = LayerKind(
        f"bidirectional_{name}",
        "sequence",
        f"2·{formula}" if formula.endswith(")") else f"2·({formula})",
        lambda s: layers.Bidirectional(one(s), merge_mode="sum", **_FLOAT32),
        note=f"{added}; {note}" if note else added,
    )
    return LayerKind(name, "sequence", formula, one, note=note), both


# fmt: off
_KINDS = (
    LayerKind("dense", "vector", "n·u[ + u]", _made("Dense", "units")),
    LayerKind("einsum_dense", "sequence", "n·u[ + u]", _einsum_dense),
    LayerKind("embedding", "tokens", "n·u",
              lambda s: layers.Embedding(s.inputs, s.units, **_FLOAT32),
              note="its inputs are the different tokens (the vocabulary)"),
    LayerKind("layer_normalization", "sequence", "2·u",
              lambda _: layers.LayerNormalization(**_FLOAT32), keeps_width=True),
    LayerKind("batch_normalization", "image", "4·u",
              lambda _: layers.BatchNormalization(**_FLOAT32), keeps_width=True,
              note="half of its parameters are statistics, which no gradient trains"),
    LayerKind("conv1d", "sequence", "k·n·u[ + u]", _convolution("Conv1D")),
    LayerKind("conv2d", "image", "k²·n·u[ + u]", _convolution("Conv2D")),
    LayerKind("conv3d", "volume", "k³·n·u[ + u]", _convolution("Conv3D")),
    LayerKind("conv2d_transpose", "image", "k²·n·u[ + u]", _convolution("Conv2DTranspose")),
    LayerKind("grouped_conv2d", "image", "k²·n·u/g[ + u]", _grouped,
              multiples=(("inputs", "groups"), ("units", "groups"))),
    LayerKind("depthwise_conv2d", "image", "k²·u[ + u]", _depthwise,
              multiples=(("units", "inputs"),),
              note="each of the n channels gives u/n (its depth multiplier); channels are not "
                   "mixed"),
    LayerKind("separable_conv1d", "sequence", "k·n + n·u[ + u]", _convolution("SeparableConv1D")),
    LayerKind("separable_conv2d", "image", "k²·n + n·u[ + u]", _convolution("SeparableConv2D")),
    *_recurrent("simple_rnn", "SimpleRNN", "n·u + u²[ + u]"),
    *_recurrent("lstm", "LSTM", "4·(n·u + u²[ + u])"),
    *_recurrent("gru", "GRU", "3·(n·u + u²[ + 2·u])", note="two biases a gate, as Keras' "
                "`reset_after=True` and cuDNN have; the paper has one"),
    LayerKind("conv_lstm2d", "frames", "4·(k²·n·u + k²·u²[ + u])",
              _convolution("ConvLSTM2D", return_sequences=True)),
    LayerKind("attention", "sequence", "3·(n·u[ + u]) + u²[ + u]", _attention,
              multiples=(("units", "heads"),),
              note="all heads together are u wide, so that their number changes no count of "
                   "parameters"),
    LayerKind("grouped_query_attention", "sequence", "2·(u²[ + u]) + 2·(u²[ + u])·c/h",
              _grouped_query_attention, keeps_width=True,
              multiples=(("units", "heads"), ("heads", "key_value_heads"))),
    LayerKind("transformer", "sequence", "4·(u²[ + u]) + 2·u·f[ + f + u] + 4·u", _transformer,
              multiples=(("units", "heads"),), keeps_width=True,
              note="attention, two dense layers (to f = 4·u and back) and two layer "
                   "normalizations"),
)
# fmt: on
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
