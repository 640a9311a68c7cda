"""Self-attention over a sequence, and the transformer block around it."""

from typing import Any

from kerastune.counting.layers.formulas import Formula
from kerastune.counting.layers.kinds import LayerKind
from kerastune.counting.layers.sizes import LayerSizes


def _attention(sizes: LayerSizes, inputs: Any) -> Any:
    """Multi-head self-attention, `units` wide over all heads."""
    import keras

    return keras.layers.MultiHeadAttention(
        sizes.heads,
        sizes.units // sizes.heads,
        output_shape=sizes.units,
        use_bias=sizes.use_bias,
        dtype="float32",
    )(inputs, inputs)


def _grouped_query_attention(sizes: LayerSizes, inputs: Any) -> Any:
    """Self-attention whose heads share keys and values in groups."""
    import keras

    return keras.layers.GroupQueryAttention(
        sizes.units // sizes.heads,
        sizes.heads,
        sizes.key_value_heads,
        use_bias=sizes.use_bias,
        dtype="float32",
    )(inputs, inputs)


def _transformer(sizes: LayerSizes, inputs: Any) -> Any:
    """An encoder block as in the paper: each part is added to its input, then normalized."""
    from keras import layers

    def dense(units: int, activation: str | None) -> Any:
        return layers.Dense(units, activation, use_bias=sizes.use_bias, dtype="float32")

    attended = layers.Add(dtype="float32")([inputs, _attention(sizes, inputs)])
    attended = layers.LayerNormalization(dtype="float32")(attended)
    widened = dense(sizes.feed_forward, "relu")(attended)
    outputs = layers.Add(dtype="float32")([attended, dense(sizes.units, None)(widened)])
    return layers.LayerNormalization(dtype="float32")(outputs)


ATTENTION = (
    LayerKind(
        name="attention",
        title="Multi-head self-attention",
        reads="sequence",
        parameters=Formula(
            lambda s: 3 * (s.inputs * s.units + s.bias * s.units) + s.units**2 + s.bias * s.units
        ),
        macs=Formula(
            lambda s: (
                s.sequence_length * (3 * (s.inputs * s.units) + s.units**2)
                + 2 * (s.sequence_length**2 * s.units)
            )
        ),
        connect=_attention,
        multiples=(("units", "heads"),),
        note="all heads together are u wide, so that their number changes no count of parameters",
        reference="Vaswani et al. (2017), https://arxiv.org/abs/1706.03762",
    ),
    LayerKind(
        name="grouped_query_attention",
        title="Self-attention with fewer heads for keys and values",
        reads="sequence",
        parameters=Formula(
            lambda s: (
                2 * (s.units**2 + s.bias * s.units)
                + 2 * ((s.units**2 + s.bias * s.units) * s.key_value_heads // s.heads)
            )
        ),
        macs=Formula(
            lambda s: (
                s.sequence_length
                * (2 * s.units**2 + 2 * (s.units**2 * s.key_value_heads // s.heads))
                + 2 * (s.sequence_length**2 * s.units)
            )
        ),
        connect=_grouped_query_attention,
        multiples=(("units", "heads"), ("heads", "key_value_heads")),
        keeps_width=True,
        reference="Ainslie et al. (2023), https://arxiv.org/abs/2305.13245",
    ),
    LayerKind(
        name="transformer",
        title="Transformer encoder block",
        reads="sequence",
        parameters=Formula(
            lambda s: (
                4 * (s.units**2 + s.bias * s.units)
                + 2 * (s.units * s.feed_forward)
                + s.bias * (s.feed_forward + s.units)
                + 4 * s.units
            )
        ),
        macs=Formula(
            lambda s: (
                s.sequence_length * (4 * s.units**2 + 2 * (s.units * s.feed_forward))
                + 2 * (s.sequence_length**2 * s.units)
            )
        ),
        connect=_transformer,
        multiples=(("units", "heads"),),
        keeps_width=True,
        note="attention, two dense layers (to f = 4·u and back) and two layer normalizations",
        reference="Vaswani et al. (2017), https://arxiv.org/abs/1706.03762",
    ),
)
"""Kinds of layers with attention."""
