"""The last layer of a head, and the settings that go with it."""

import math

import keras

from kerastune.errors import InputError


def last_layer(
    features: keras.KerasTensor,
    units: int,
    *,
    dropout: float,
    name: str,
    output: str = "logits",
    penalty: keras.regularizers.Regularizer | None = None,
) -> keras.KerasTensor:
    """Returns features through dropout and a dense layer that starts at zero.

    Training so begins from the same outputs on every backend, and the first gradients do
    not send noise into a pretrained backbone.

    Args:
        features: symbolic tensor of shape `(batch, ..., width)`.
        units: int, the number of outputs.
        dropout: float from 0 to 1 (not included), the dropout rate of the features.
        name: str, what the names of the layers begin with.
        output: str, how the name of the dense layer goes on. Defaults to `"logits"`.
        penalty: what the size of the weights adds to the loss. Defaults to nothing.

    Returns:
        Symbolic tensor of shape `(batch, ..., units)`, in float32 also under mixed precision.

    Example:

    >>> last_layer(keras.Input((4,)), 3, dropout=0.1, name="head").shape
    (None, 3)
    """
    if dropout:
        features = keras.layers.Dropout(dropout, name=f"{name}_dropout")(features)
    return keras.layers.Dense(
        units,
        kernel_initializer="zeros",
        kernel_regularizer=penalty,
        dtype="float32",
        name=f"{name}_{output}",
    )(features)


def require_class_names(names: tuple[str, ...]) -> None:
    """Raises unless there are two classes or more, none of them twice.

    Args:
        names: tuple of str.

    Raises:
        InputError: if there are fewer, or a name is repeated.

    Example:

    >>> require_class_names(("no", "yes"))
    """
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise InputError(f"Expected at least two different class names. Received: {names}")


def require_weights(name: str, weights: tuple[float, ...] | None, count: int) -> None:
    """Raises unless there is a weight of 0 or more for each class, or none at all.

    Args:
        name: str, the setting.
        weights: tuple of floats, or None.
        count: int, the number of classes.

    Raises:
        InputError: if their number differs, or one is negative, infinite or NaN.

    Example:

    >>> require_weights("class_weights", (1.0, 2.0), count=2)
    """
    if weights is None:
        return
    if len(weights) != count or not all(0 <= weight < math.inf for weight in weights):
        raise InputError(
            f"Expected `{name}` of 0 or more for each of {count} classes. Received: {weights}"
        )
