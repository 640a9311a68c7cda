"""A multilayer perceptron: dense layers with ReLU, from images or rows of numbers."""

from collections.abc import Sequence

import keras

from kerastune.errors import InputError
from kerastune.models.penalties import weight_penalty
from kerastune.shares import require_shares


def mlp(
    input_shape: Sequence[int],
    hidden: Sequence[int] = (128,),
    *,
    dropout: float = 0.0,
    l1: float = 0.0,
    l2: float = 0.0,
) -> keras.Model:
    """Returns a feed-forward backbone: what comes in as one row, then dense layers with ReLU.

    Layers are named `hidden_1`, `hidden_2` and so on. Without any, features are the row
    itself, and a head makes a linear model of it. With a head for ten classes on
    28 x 28 x 1 images and one layer of 128 units there are 101,770 parameters, 784-128-10.

    Args:
        input_shape: sequence of int, the shape of a sample: height, width and channels of
            images, such as `(28, 28, 1)`, or the length of rows, such as `(784,)`.
        hidden: sequence of int, the units of each layer; may be empty. Defaults to `(128,)`.
        dropout: float from 0 up to 1, the dropout rate between these layers; a head has its own
            before the last one. Defaults to 0.
        l1: float of at least 0, by which the sum of the absolute weights of each layer, biases
            left out, is added to the loss. Defaults to 0.
        l2: float of at least 0, likewise for the sum of their squares. Defaults to 0.

    Returns:
        An untrained functional model from images with values from 0 to 255, or from rows of
        standardised numbers, to features of shape `(batch, hidden[-1])`.

    Raises:
        InputError: if a layer has no units, or a value is out of its range.

    Reference:
        Rumelhart, Hinton and Williams, 1986, "Learning representations by back-propagating
        errors", https://doi.org/10.1038/323533a0

    Example:

    >>> mlp((28, 28, 1)).count_params()
    100480
    >>> mlp((10,), hidden=()).output_shape
    (None, 10)
    """
    if any(units < 1 for units in hidden):
        raise InputError(
            "Expected units of at least 1 in each hidden layer, or no layer for a linear model. "
            f"Received: hidden={tuple(hidden)}"
        )
    require_shares(dropout=dropout)
    samples = x = keras.Input(input_shape, name="samples")
    if len(input_shape) == 3:
        x = keras.layers.Rescaling(1 / 255)(x)
    x = keras.layers.Flatten(name="row")(x)
    for number, units in enumerate(hidden, start=1):
        if dropout and number > 1:
            x = keras.layers.Dropout(dropout, name=f"dropout_{number - 1}")(x)
        x = keras.layers.Dense(
            units,
            activation="relu",
            kernel_initializer="he_normal",
            kernel_regularizer=weight_penalty(l1, l2),
            name=f"hidden_{number}",
        )(x)
    return keras.Model(samples, x, name="mlp")
