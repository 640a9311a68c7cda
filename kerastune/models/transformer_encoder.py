"""A Transformer encoder of texts: embeddings of words and positions, blocks of self-attention."""

import keras

from kerastune.errors import InputError
from kerastune.models.presets import import_keras_hub
from kerastune.shares import require_shares


def transformer_encoder(
    vocabulary_size: int,
    sequence_length: int,
    *,
    layers: int = 2,
    heads: int = 4,
    width: int = 64,
    feed_forward_width: int | None = None,
    normalize_first: bool = True,
    dropout: float = 0.1,
    word_dropout: float = 0.0,
) -> keras.Model:
    """Returns a Transformer encoder, from the ids of words to one vector a position.

    Padding is masked: a text has the same features however much of it follows. The layers are
    `embeddings`, `transformer_layer_0` and so on, and with `normalize_first` a `final_norm`.

    Args:
        vocabulary_size: int, how many tokens there are.
        sequence_length: int, the most tokens of a text, each of whose positions has an embedding.
        layers: int, the blocks. Defaults to 2.
        heads: int, attention heads of a block, which divide the width. Defaults to 4.
        width: int, numbers of an embedding. Defaults to 64.
        feed_forward_width: int, numbers within the feed-forward network of a block. Defaults to
            four times the width.
        normalize_first: bool, whether layer normalization comes before attention and the
            feed-forward network (pre-norm), which trains without warmup, or after the sum with
            what came in (post-norm, as in the paper). Defaults to True.
        dropout: float from 0 up to 1, the dropout rate of embeddings and within blocks. Defaults
            to 0.1.
        word_dropout: float from 0 up to 1, the rate at which embeddings of whole words are left
            out in training. Defaults to 0.

    Returns:
        An untrained functional model from `{"token_ids": (batch, length), "padding_mask":
        (batch, length)}` to features of shape `(batch, length, width)`.

    Raises:
        InputError: if a value is out of its range, or the heads do not divide the width.
        MissingExtraError: if KerasHub is not installed.

    Reference:
        Vaswani et al., 2017, "Attention Is All You Need", section 3,
        https://arxiv.org/abs/1706.03762; Xiong et al., 2020, on pre-norm,
        https://arxiv.org/abs/2002.04745

    Example:

    >>> transformer_encoder(100, 16, layers=1, width=8, heads=2).output_shape
    (None, 16, 8)
    """
    hub = import_keras_hub("A Transformer encoder")
    counts = {
        "vocabulary_size": vocabulary_size,
        "sequence_length": sequence_length,
        "layers": layers,
        "heads": heads,
        "width": width,
        "feed_forward_width": 4 * width if feed_forward_width is None else feed_forward_width,
    }
    small = {name: value for name, value in counts.items() if value < 1}
    if small or width % heads:
        raise InputError(
            f"Expected {', '.join(counts)} of at least 1, and heads that divide the width. "
            f"Received: {small or f'heads={heads}, width={width}'}"
        )
    require_shares(dropout=dropout, word_dropout=word_dropout)
    inputs = {
        "token_ids": keras.Input((sequence_length,), dtype="int32", name="token_ids"),
        "padding_mask": keras.Input((sequence_length,), dtype="bool", name="padding_mask"),
    }
    x = hub.layers.TokenAndPositionEmbedding(
        vocabulary_size, sequence_length, width, name="embeddings"
    )(inputs["token_ids"])
    if word_dropout:
        x = keras.layers.Dropout(word_dropout, noise_shape=(None, None, 1), name="word_dropout")(x)
    x = keras.layers.Dropout(dropout, name="embeddings_dropout")(x)
    for number in range(layers):
        x = hub.layers.TransformerEncoder(
            counts["feed_forward_width"],
            heads,
            dropout=dropout,
            activation="gelu",
            normalize_first=normalize_first,
            name=f"transformer_layer_{number}",
        )(x, padding_mask=inputs["padding_mask"])
    if normalize_first:
        x = keras.layers.LayerNormalization(name="final_norm")(x)
    return keras.Model(inputs, x, name="transformer_encoder")
