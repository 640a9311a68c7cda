"""DeepFM: a factorization machine and a deep network on the same embeddings."""

from collections.abc import Mapping, Sequence

import keras

from kerastune.errors import InputError
from kerastune.models.factorization_machine import FactorizationMachine

_START = 0.05


def deep_fm(
    sizes: Mapping[str, int],
    widths: Mapping[str, int] | None = None,
    *,
    embedding_width: int = 16,
    units: Sequence[int] = (64, 32),
    dropout: float = 0.2,
    field_dropout: float = 0.0,
    l2: float = 0.0,
) -> keras.Model:
    """Returns a backbone for the codes that a `FieldPreprocessor` gives.

    Each code has a weight and an embedding, which are one row of a table of its field; the
    factorization machine and the deep network take the same embeddings. Of several codes of a
    value the mean counts. Without units it is a plain factorization machine.

    What the factorization machine gives is added to what the head makes of the features, which
    are the output of the deep network; without units they are the same number again, so that the
    head learns its scale. Layers are named `user_id_embedding`, `block_1_dense` and so on.

    Args:
        sizes: dictionary from each field to the number of its codes, of which 0 is no value.
        widths: dictionary from each field to how many codes stand for a value. Defaults to 1.
        embedding_width: int, the numbers of an embedding. Defaults to 16.
        units: sequence of int, the units of each layer of the deep network. Defaults to
            `(64, 32)`.
        dropout: float from 0 to 1 (not included), the dropout rate of each of these layers.
            Defaults to 0.2.
        field_dropout: float likewise, how often the embedding of a field is left out in training,
            so that the network learns to do without, as for users that are new. Defaults to 0.
        l2: float of at least 0, how much the squares of a sample's rows, their mean over the
            batch, add to the loss. Defaults to 0.

    Returns:
        An untrained functional model from a dictionary of int32 codes of shape `(batch, width)` to
        a dictionary of `features`, of shape `(batch, units[-1])`, and `offset`, of shape
        `(batch, 1)`.

    Raises:
        InputError: if there are fewer than two fields, or a value is out of its range.

    Reference:
        Guo et al., 2017, "DeepFM: A Factorization-Machine based Neural Network for CTR
        Prediction", https://arxiv.org/abs/1703.04247

    Example:

    >>> model = deep_fm({"user": 9, "genres": 5}, {"user": 1, "genres": 3}, units=(8,))
    >>> {name: tensor.shape for name, tensor in model.output.items()}
    {'features': (None, 8), 'offset': (None, 1)}
    """
    _check(sizes, embedding_width, units, dropout=dropout, field_dropout=field_dropout, l2=l2)
    inputs = {
        name: keras.Input(((widths or {}).get(name, 1),), dtype="int32", name=_layer(name))
        for name in sizes
    }
    rows = [
        _embedded(codes, sizes[name], embedding_width + 1, f"{_layer(name)}_embedding", l2)
        for name, codes in inputs.items()
    ]
    joined_rows = keras.layers.Concatenate(axis=1, name="fields")(rows)
    weights, fields = joined_rows[..., :1], joined_rows[..., 1:]
    if field_dropout:
        shape = (None, len(sizes), 1)
        dropped = keras.layers.Dropout(field_dropout, noise_shape=shape, name="field_dropout")
        fields = dropped(fields)
    pairs = FactorizationMachine(name="pairs")(fields)
    offset = keras.layers.Add(name="machine")([keras.ops.sum(weights, axis=1), pairs])
    features = _deep(fields, units, dropout) if units else offset
    return keras.Model(inputs, {"features": features, "offset": offset}, name="deep_fm")


def _deep(fields: keras.KerasTensor, units: Sequence[int], dropout: float) -> keras.KerasTensor:
    """Returns the output of the deep network, of shape `(batch, units[-1])`."""
    x = keras.layers.Flatten(name="deep_inputs")(fields)
    for block, width in enumerate(units, start=1):
        dense = keras.layers.Dense(
            width, activation="relu", kernel_initializer="he_normal", name=f"block_{block}_dense"
        )
        x = dense(x)
        if dropout:
            x = keras.layers.Dropout(dropout, name=f"block_{block}_dropout")(x)
    return x


def _embedded(
    codes: keras.KerasTensor, size: int, width: int, name: str, l2: float
) -> keras.KerasTensor:
    """Returns the weight and the embedding of a field, of shape `(batch, 1, width)`."""
    is_several = codes.shape[1] > 1
    layer = keras.layers.Embedding(
        size,
        width,
        # Small, so that categories without a sample change little.
        embeddings_initializer=keras.initializers.RandomNormal(stddev=_START),
        mask_zero=is_several,
        activity_regularizer=keras.regularizers.L2(l2) if l2 else None,
        name=name,
    )
    found = layer(codes)
    if is_several:
        return keras.layers.GlobalAveragePooling1D(keepdims=True, name=f"{name}_mean")(found)
    return found


def _layer(field: str) -> str:
    """Returns the name of a field in the names of layers, which have no slash."""
    return field.replace("/", "_")


def _check(
    sizes: Mapping[str, int],
    embedding_width: int,
    units: Sequence[int],
    **rates: float,
) -> None:
    """Raises unless there is something to build."""
    if len(sizes) < 2 or embedding_width < 1 or any(width < 1 for width in units):
        raise InputError(
            "Expected at least two fields, and at least 1 number an embedding and 1 unit a layer. "
            f"Received: fields {list(sizes)}, embedding_width={embedding_width}, "
            f"units={tuple(units)}"
        )
    for name, rate in rates.items():
        if not 0 <= rate < (float("inf") if name == "l2" else 1):
            raise InputError(
                f"Expected `{name}` of at least 0{'' if name == 'l2' else ' and below 1'}. "
                f"Received: {name}={rate}"
            )
