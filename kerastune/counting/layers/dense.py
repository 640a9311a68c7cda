"""Layers that treat each position alone: dense layers, embeddings and normalizations."""

from typing import Any

from kerastune.counting.layers.formulas import Formula
from kerastune.counting.layers.kinds import LayerKind
from kerastune.counting.layers.sizes import LayerSizes


def _dense(sizes: LayerSizes, inputs: Any) -> Any:
    """A dense layer."""
    import keras

    return keras.layers.Dense(sizes.units, use_bias=sizes.use_bias, dtype="float32")(inputs)


def _einsum_dense(sizes: LayerSizes, inputs: Any) -> Any:
    """A dense layer at each position."""
    import keras

    return keras.layers.EinsumDense(
        "btn,nu->btu",
        (sizes.sequence_length, sizes.units),
        bias_axes="u" if sizes.use_bias else None,
        dtype="float32",
    )(inputs)


def _embedding(sizes: LayerSizes, inputs: Any) -> Any:
    """An embedding of `sizes.inputs` tokens."""
    import keras

    return keras.layers.Embedding(sizes.inputs, sizes.units, dtype="float32")(inputs)


def _layer_normalization(_: LayerSizes, inputs: Any) -> Any:
    """A layer normalization."""
    import keras

    return keras.layers.LayerNormalization(dtype="float32")(inputs)


def _batch_normalization(_: LayerSizes, inputs: Any) -> Any:
    """A batch normalization."""
    import keras

    return keras.layers.BatchNormalization(dtype="float32")(inputs)


DENSE = (
    LayerKind(
        name="dense",
        title="Dense layer on one vector",
        reads="vector",
        parameters=Formula(lambda s: s.inputs * s.units + s.bias * s.units),
        macs=Formula(lambda s: s.inputs * s.units),
        connect=_dense,
        reference="https://keras.io/api/layers/core_layers/dense",
    ),
    LayerKind(
        name="einsum_dense",
        title="Dense layer at each position of a sequence",
        reads="sequence",
        parameters=Formula(lambda s: s.inputs * s.units + s.bias * s.units),
        macs=Formula(lambda s: s.sequence_length * s.inputs * s.units),
        connect=_einsum_dense,
        reference="https://keras.io/api/layers/core_layers/einsum_dense",
    ),
    LayerKind(
        name="embedding",
        title="Embedding of tokens",
        reads="tokens",
        parameters=Formula(lambda s: s.inputs * s.units),
        macs=Formula(lambda _: 0),
        connect=_embedding,
        note="its inputs are the different tokens (the vocabulary)",
        reference="https://keras.io/api/layers/core_layers/embedding",
    ),
    LayerKind(
        name="layer_normalization",
        title="Layer normalization of a sequence",
        reads="sequence",
        parameters=Formula(lambda s: 2 * s.units),
        macs=Formula(lambda _: 0),
        connect=_layer_normalization,
        keeps_width=True,
        reference="Ba et al. (2016), https://arxiv.org/abs/1607.06450",
    ),
    LayerKind(
        name="batch_normalization",
        title="Batch normalization of an image",
        reads="image",
        parameters=Formula(lambda s: 4 * s.units),
        macs=Formula(lambda _: 0),
        connect=_batch_normalization,
        keeps_width=True,
        note="half of its parameters are statistics, which no gradient trains",
        reference="Ioffe & Szegedy (2015), https://arxiv.org/abs/1502.03167",
    ),
)
"""Kinds of layers that treat each position alone."""
