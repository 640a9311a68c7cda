"""A multilayer perceptron for tables, with embeddings for categories."""

from collections.abc import Sequence

import keras

from kerastune.errors import InputError
from kerastune.shares import require_shares

NORMALIZATIONS = {
    "batch": keras.layers.BatchNormalization,
    "layer": keras.layers.LayerNormalization,
}
"""The normalizations of a block, by name."""

_WIDEST = 600


def tabular_mlp(
    number_width: int,
    category_sizes: Sequence[int] = (),
    *,
    widths: Sequence[int] = (128, 64),
    normalization: str | None = "batch",
    dropout: float = 0.3,
) -> keras.Model:
    """Returns a backbone for the arrays that a `TablePreprocessor` gives.

    Each column of categories has a table of embeddings, see `embedding_width`. They are put
    behind the numbers, and blocks of a dense layer, a normalization, ReLU and dropout follow.
    Layers are named `category_1_embedding`, `block_1_dense` and so on.

    Args:
        number_width: int, how many numbers stand for a row; 0 if there are none.
        category_sizes: sequence of int, the number of codes of each column of categories.
            Defaults to none.
        widths: sequence of int, the units of each block. Defaults to `(128, 64)`.
        normalization: str, a key of `NORMALIZATIONS`, or None for none. Defaults to
            `"batch"`.
        dropout: float from 0 to 1 (not included), the dropout rate of each block. Defaults to
            0.3.

    Returns:
        An untrained functional model from a dictionary of `numbers`, float32 of shape
        `(batch, number_width)`, and `categories`, int32 of shape `(batch, columns)`, to
        features of shape `(batch, widths[-1])`. An input of which there are none is left out.

    Raises:
        InputError: if there is no input or no block, or a value is out of its range.

    Reference:
        Guo and Berkhahn, 2016, "Entity Embeddings of Categorical Variables",
        https://arxiv.org/abs/1604.06737

    Example:

    >>> model = tabular_mlp(3, (4, 12), widths=(16, 8))
    >>> {name: tensor.shape for name, tensor in model.input.items()}, model.output_shape
    ({'numbers': (None, 3), 'categories': (None, 2)}, (None, 8))
    >>> [layer.output.shape[-1] for layer in model.layers if "embedding" in layer.name]
    [3, 6]
    """
    _check(number_width, category_sizes, widths, normalization, dropout)
    inputs, parts = {}, []
    if number_width:
        inputs["numbers"] = keras.Input((number_width,), name="numbers")
        parts.append(inputs["numbers"])
    if category_sizes:
        codes = keras.Input((len(category_sizes),), dtype="int32", name="categories")
        inputs["categories"] = codes
        for column, size in enumerate(category_sizes):
            embedding = keras.layers.Embedding(
                size, embedding_width(size), name=f"category_{column + 1}_embedding"
            )
            parts.append(embedding(codes[:, column]))
    x = keras.layers.Concatenate(name="columns")(parts) if len(parts) > 1 else parts[0]
    for block, width in enumerate(widths, start=1):
        x = keras.layers.Dense(width, kernel_initializer="he_normal", name=f"block_{block}_dense")(
            x
        )
        if normalization is not None:
            x = NORMALIZATIONS[normalization](name=f"block_{block}_norm")(x)
        x = keras.layers.Activation("relu", name=f"block_{block}_relu")(x)
        if dropout:
            x = keras.layers.Dropout(dropout, name=f"block_{block}_dropout")(x)
    return keras.Model(inputs, x, name="tabular_mlp")


def embedding_width(size: int) -> int:
    """Returns the width of the embeddings of a column of categories: 1.6 n^0.56, at most 600.

    Args:
        size: int, the number of codes of the column, at least 1.

    Returns:
        An int, at least 1.

    Reference:
        The rule of fastai's `emb_sz_rule`, found by trial: Howard and Gugger, 2020, "fastai: A
        Layered API for Deep Learning", https://arxiv.org/abs/2002.04688

    Example:

    >>> [embedding_width(size) for size in (3, 50, 1000, 10**6)]
    [3, 14, 77, 600]
    """
    return min(_WIDEST, max(1, round(1.6 * size**0.56)))


def _check(
    number_width: int,
    category_sizes: Sequence[int],
    widths: Sequence[int],
    normalization: str | None,
    dropout: float,
) -> None:
    """Raises unless there is something to build."""
    if (
        number_width < 0
        or any(size < 1 for size in category_sizes)
        or not (number_width or category_sizes)
    ):
        raise InputError(
            "Expected numbers or categories to build a network for. Received: "
            f"number_width={number_width}, category_sizes={tuple(category_sizes)}"
        )
    if not widths or any(width < 1 for width in widths):
        raise InputError(f"Expected widths of at least one block. Received: {tuple(widths)}")
    if normalization is not None and normalization not in NORMALIZATIONS:
        raise InputError(
            f"Expected a normalization out of {', '.join(NORMALIZATIONS)}, or None. "
            f"Received: {normalization!r}"
        )
    require_shares(dropout=dropout)
