"""Recurrent encoders of texts: word embeddings, and a network that reads one after the other."""

from typing import Any

import keras
from keras import ops

from kerastune.errors import InputError, closest

CELLS = {"simple_rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
"""The recurrent layers by name."""

POOLINGS = ("last", "attention")
"""How the states become one vector: the last one, or a mean weighted by attention."""


def recurrent_encoder(
    vocabulary_size: int,
    *,
    cell: str = "lstm",
    bidirectional: bool = True,
    pooling: str = "attention",
    width: int = 64,
    units: int = 64,
    dropout: float = 0.0,
) -> keras.Model:
    """Returns a recurrent backbone, from the ids of words to one vector a text.

    Padding is masked: a text has the same features however much of it follows. The layers are
    `token_embedding`, `recurrent`, and with attention `attention_pooling`.

    Args:
        vocabulary_size: int, how many tokens there are.
        cell: str, `"simple_rnn"`, `"lstm"` or `"gru"`. Defaults to `"lstm"`.
        bidirectional: bool, whether a second network reads from the end, and the states of both
            stand side by side. Defaults to True.
        pooling: str, `"last"` for the state after the last word (and with two directions that
            before the first), or `"attention"`. Defaults to `"attention"`.
        width: int, numbers of a word's embedding. Defaults to 64.
        units: int, numbers of a state, in each direction. Defaults to 64.
        dropout: float from 0 up to 1, the rate at which embeddings of whole words are left out
            in training. Defaults to 0.

    Returns:
        An untrained functional model from `{"token_ids": (batch, length), "padding_mask":
        (batch, length)}` to features of shape `(batch, units)`, twice that in two directions.

    Raises:
        InputError: if a name is unknown, or a value is out of its range.

    Reference:
        Hochreiter and Schmidhuber, 1997, "Long Short-Term Memory",
        https://doi.org/10.1162/neco.1997.9.8.1735; Cho et al., 2014 (GRU),
        https://arxiv.org/abs/1406.1078

    Example:

    >>> recurrent_encoder(100, cell="gru", units=8).output_shape
    (None, 16)
    """
    if cell not in CELLS:
        raise InputError(
            f"Expected a cell out of {', '.join(CELLS)}. Received: {cell!r}."
            f"{closest(cell, list(CELLS))}"
        )
    if pooling not in POOLINGS:
        raise InputError(f"Expected a pooling out of {', '.join(POOLINGS)}. Received: {pooling!r}")
    if min(vocabulary_size, width, units) < 1 or not 0 <= dropout < 1:
        raise InputError(
            "Expected a vocabulary_size, width and units of at least 1, and dropout from 0 up to, "
            f"not including, 1. Received: vocabulary_size={vocabulary_size}, width={width}, "
            f"units={units}, dropout={dropout}"
        )
    inputs = {
        "token_ids": keras.Input((None,), dtype="int32", name="token_ids"),
        "padding_mask": keras.Input((None,), dtype="bool", name="padding_mask"),
    }
    words = keras.layers.Embedding(vocabulary_size, width, name="token_embedding")
    x = words(inputs["token_ids"])
    if dropout:
        x = keras.layers.Dropout(dropout, noise_shape=(None, None, 1), name="word_dropout")(x)
    attends = pooling == "attention"
    layer = CELLS[cell](units, return_sequences=attends, name="recurrent")
    if bidirectional:
        layer = keras.layers.Bidirectional(layer, name="recurrent")
    x = layer(x, mask=inputs["padding_mask"])
    if attends:
        x = AttentionPooling(name="attention_pooling")(x, mask=inputs["padding_mask"])
    return keras.Model(inputs, x, name="recurrent_encoder")


@keras.saving.register_keras_serializable(package="kerastune")
class AttentionPooling(keras.layers.Layer):
    """The mean of the vectors of a sequence, weighted by how much each is attended to.

    A vector's weight is the softmax, over the positions that are no padding, of its product with
    a learned vector, after a dense layer with tanh.

    Args:
        **settings: as for `keras.layers.Layer`.

    Reference:
        Yang et al., 2016, "Hierarchical Attention Networks for Document Classification",
        equations 5 to 7, https://aclanthology.org/N16-1174

    Example:

    >>> tuple(AttentionPooling()(ops.ones((2, 5, 3))).shape)
    (2, 3)
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights.

        Args:
            input_shape: tuple, `(batch, length, width)`.
        """
        width = input_shape[-1]
        self.kernel = self.add_weight(shape=(width, width), name="kernel")
        self.bias = self.add_weight(shape=(width,), initializer="zeros", name="bias")
        self.context = self.add_weight(shape=(width,), initializer="random_normal", name="context")

    def call(
        self, sequence: keras.KerasTensor, mask: keras.KerasTensor | None = None
    ) -> keras.KerasTensor:
        """Returns one vector for each sequence.

        Args:
            sequence: tensor of shape `(batch, length, width)`.
            mask: bool tensor of shape `(batch, length)`, true for what is no padding;
                at least one position of each sequence. Defaults to all.
        """
        hidden = ops.tanh(ops.matmul(sequence, self.kernel) + self.bias)
        # In float32, where half precision has no number for what is left out.
        scores = ops.cast(ops.sum(hidden * self.context, axis=-1), "float32")
        if mask is not None:
            scores = ops.where(mask, scores, -1e30)
        weights = ops.cast(ops.softmax(scores, axis=-1), sequence.dtype)
        return ops.sum(sequence * weights[..., None], axis=1)

    def compute_mask(self, *_: object, **__: object) -> None:
        """Returns None: one vector has no padding."""

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...], *_: object, **__: object
    ) -> tuple[int | None, ...]:
        """Returns the shape of the vectors, `(batch, width)`."""
        return (input_shape[0], input_shape[-1])
