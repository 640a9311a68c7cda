"""A Transformer that reads one sequence and writes another."""

import re
from dataclasses import dataclass
from typing import Any, Self

import keras

from kerastune.errors import InputError
from kerastune.models.presets import import_keras_hub
from kerastune.shares import require_shares

PADDING = 0
"""The id of a position without a token."""


def encoder_decoder(
    vocabulary_size: int,
    source_length: int,
    target_length: int,
    *,
    width: int = 128,
    layers: int = 2,
    attention_heads: int = 4,
    dropout: float = 0.1,
) -> keras.Model:
    """Returns an untrained Transformer from a source and the target so far to features.

    Built of KerasHub's layers, each with the normalization first, and one more behind the encoder
    and the decoder. Source and target have one vocabulary and an embedding each. Positions with
    the id 0 are padding, to which nothing attends.

    Args:
        vocabulary_size: int, the number of tokens, special ones included.
        source_length: int, the positions of a source.
        target_length: int, the positions of a target.
        width: int, the width of the features. Defaults to 128.
        layers: int, the layers of the encoder, and of the decoder. Defaults to 2.
        attention_heads: int, by which the width can be divided. Defaults to 4.
        dropout: float from 0 to 1 (not included). Defaults to 0.1.

    Returns:
        A functional model from a dictionary of int32 `source_ids`, of shape `(batch,
        source_length)`, and `target_ids`, of shape `(batch, target_length)`, the tokens before
        each position, to features of shape `(batch, target_length, width)`.

    Raises:
        InputError: if a value is out of its range.
        MissingExtraError: if KerasHub is not installed.

    Reference:
        Vaswani et al., 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762; with
        the order of Xiong et al., 2020, "On Layer Normalization in the Transformer Architecture",
        https://arxiv.org/abs/2002.04745

    Example:

    >>> model = encoder_decoder(30, 12, 8, width=16, layers=1)
    >>> {name: tensor.shape for name, tensor in model.input.items()}, model.output_shape
    ({'source_ids': (None, 12), 'target_ids': (None, 8)}, (None, 8, 16))
    """
    _check(width, layers, attention_heads, dropout)
    parts = import_keras_hub("A Transformer with an encoder and a decoder").layers

    def embedding(length: int, name: str) -> Any:
        return parts.TokenAndPositionEmbedding(
            vocabulary_size, length, width, name=f"{name}_embedding"
        )

    settings = {
        "intermediate_dim": 4 * width,
        "num_heads": attention_heads,
        "dropout": dropout,
        "normalize_first": True,
    }
    source = keras.Input((source_length,), dtype="int32", name="source_ids")
    target = keras.Input((target_length,), dtype="int32", name="target_ids")
    network = EncoderDecoder(
        embedding(source_length, "source"),
        [
            parts.TransformerEncoder(**settings, name=f"encoder_{layer + 1}")
            for layer in range(layers)
        ],
        keras.layers.LayerNormalization(name="encoder_norm"),
        embedding(target_length, "target"),
        [
            parts.TransformerDecoder(**settings, name=f"decoder_{layer + 1}")
            for layer in range(layers)
        ],
        keras.layers.LayerNormalization(name="decoder_norm"),
    )
    mask = keras.ops.not_equal(source, PADDING)
    inputs = {"source_ids": source, "target_ids": target}
    features = network.decode(target, network.encode(source, mask), mask)
    return keras.Model(inputs, features, name="encoder_decoder")


@dataclass(frozen=True)
class EncoderDecoder:
    """The layers of a model that `encoder_decoder` made, and what each part of them does.

    Args:
        source_embedding: the layer that embeds a source.
        encoders: list of layers.
        encoder_norm: the normalization behind them.
        target_embedding: the layer that embeds a target.
        decoders: list of layers.
        decoder_norm: the normalization behind them.

    Example:

    >>> layers = EncoderDecoder.of(encoder_decoder(30, 12, 8, width=16, layers=1))
    >>> layers.lengths, [decoder.name for decoder in layers.decoders]
    ((12, 8), ['decoder_1'])
    """

    source_embedding: Any
    encoders: list[Any]
    encoder_norm: Any
    target_embedding: Any
    decoders: list[Any]
    decoder_norm: Any

    @classmethod
    def of(cls, model: keras.Model) -> Self:
        """Returns the layers of a model.

        Args:
            model: what `encoder_decoder` returned.

        Raises:
            InputError: if it is another model.
        """
        by_name = {layer.name: layer for layer in model.layers}
        try:
            return cls(
                by_name["source_embedding"],
                [layer for name, layer in by_name.items() if re.fullmatch(r"encoder_\d+", name)],
                by_name["encoder_norm"],
                by_name["target_embedding"],
                [layer for name, layer in by_name.items() if re.fullmatch(r"decoder_\d+", name)],
                by_name["decoder_norm"],
            )
        except KeyError as error:
            raise InputError(
                "Expected a model made by `kerastune.models.encoder_decoder`. Received: "
                f"{model.name} without a layer {error}"
            ) from error

    @property
    def lengths(self) -> tuple[int, int]:
        """Tuple of int, the positions of a source and of a target."""
        return self.source_embedding.sequence_length, self.target_embedding.sequence_length

    def encode(self, source: Any, mask: Any) -> Any:
        """Returns the features of a source.

        Args:
            source: int tensor of ids, of shape `(batch, source_length)`.
            mask: bool tensor of this shape, false for padding.
        """
        features = self.source_embedding(source)
        for layer in self.encoders:
            features = layer(features, padding_mask=mask)
        return self.encoder_norm(features)

    def decode(self, target: Any, encoded: Any, mask: Any) -> Any:
        """Returns the features of all positions of a target, each of which sees those before it.

        Padding behind a target needs no mask: nothing before it sees it.

        Args:
            target: int tensor of ids, of shape `(batch, target_length)`.
            encoded: tensor, what `encode` returned.
            mask: bool tensor, that of the source.
        """
        features = self.target_embedding(target)
        for layer in self.decoders:
            features = layer(features, encoded, encoder_padding_mask=mask)
        return self.decoder_norm(features)

    def empty_caches(self, batch: int) -> tuple[list[Any], list[Any]]:
        """Returns keys and values of zeros, for `step` to fill in.

        Args:
            batch: int.

        Returns:
            Tuple of two lists of a tensor for each layer of the decoder, of shape `(batch, 2,
            length, attention heads, width of one)`: for the target, and for the source.
        """
        source_length, target_length = self.lengths
        heads = self.decoders[0].num_heads
        width = self.target_embedding.embedding_dim // heads
        dtype = self.decoders[0].compute_dtype
        return tuple(  # type: ignore[return-value]
            [keras.ops.zeros((batch, 2, length, heads, width), dtype) for _ in self.decoders]
            for length in (target_length, source_length)
        )

    def step(
        self,
        token: Any,
        position: Any,
        encoded: Any,
        mask: Any,
        caches: list[Any],
        source_caches: list[Any],
        *,
        reads_source: int | None = None,
    ) -> tuple[Any, list[Any], list[Any]]:
        """Returns the features of one position, and the keys and values with its own among them.

        Args:
            token: int tensor of shape `(batch, 1)`, the token before the position.
            position: int, or int tensor without an axis.
            encoded: tensor, what `encode` returned.
            mask: bool tensor, that of the source.
            caches: list of tensors, keys and values of the positions before.
            source_caches: list of tensors, keys and values of the source.
            reads_source: 0 to compute `source_caches`, at the first step; None to use them.

        Returns:
            Tuple of a tensor of shape `(batch, 1, width)`, `caches` and `source_caches`.
        """
        features = self.target_embedding(token, start_index=position)
        found, of_source = [], []
        for layer, cache, source_cache in zip(self.decoders, caches, source_caches, strict=True):
            features, cache, source_cache = layer(
                features,
                encoded,
                encoder_padding_mask=mask,
                self_attention_cache=cache,
                self_attention_cache_update_index=position,
                cross_attention_cache=source_cache,
                cross_attention_cache_update_index=reads_source,
            )
            found.append(cache)
            of_source.append(source_cache)
        return self.decoder_norm(features), found, of_source


def _check(width: int, layers: int, attention_heads: int, dropout: float) -> None:
    """Raises unless there is something to build."""
    if min(width, layers, attention_heads) < 1 or width % attention_heads:
        raise InputError(
            "Expected at least one layer, and a width that the attention heads divide. Received: "
            f"width={width}, layers={layers}, attention_heads={attention_heads}"
        )
    require_shares(dropout=dropout)
