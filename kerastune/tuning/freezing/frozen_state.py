"""Layers that change their own weights stay still while something of them is frozen."""

from typing import TYPE_CHECKING

from kerastune.backends import (
    assigns_in_call,
    infer_while_frozen,
    nested_layers,
    own_and_wrapped_weights,
    own_variables,
)

if TYPE_CHECKING:
    import keras


def infer_in_frozen_layers(model: "keras.Model", chosen: set[int]) -> None:
    """Lets the layers that change their own weights run in inference mode once they are frozen.

    Args:
        model: a built Keras model.
        chosen: the ids of the variables that are to train, with the statistics that may move.

    Raises:
        InputError: if such a layer is to be frozen, and its `call` does not take `training`.

    Example:

    >>> import keras
    >>> layer = keras.layers.SpectralNormalization(keras.layers.Dense(2))
    >>> model = keras.Sequential([keras.Input((3,)), layer])
    >>> infer_in_frozen_layers(model, chosen=set())
    """
    for layer in filter(assigns_in_call, (model, *nested_layers(model))):
        weights = own_and_wrapped_weights(layer)
        state = own_variables(layer)[1]
        if weights:
            is_frozen = any(id(weight) not in chosen for weight in weights)
        else:
            weights = state or layer.weights
            is_frozen = not any(id(weight) in chosen for weight in weights)
        if weights and is_frozen:
            infer_while_frozen(layer)


def moving_state(model: "keras.Model") -> "list[keras.Variable]":
    """Returns the state of the layers that are not frozen, such as their running statistics.

    Args:
        model: a built Keras model.

    Returns:
        List of variables that never train, and may move.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization()])
    >>> [weight.name for weight in moving_state(model)]
    ['moving_mean', 'moving_variance']
    """
    return [
        weight
        for layer in (model, *nested_layers(model))
        if layer.trainable
        for weight in own_variables(layer)[1]
    ]


def frozen_variables(model: "keras.Model") -> "list[keras.Variable]":
    """Returns the weights that training must not move, bit for bit.

    Args:
        model: a built Keras model.

    Returns:
        List of variables: those that could train and do not, and the state of frozen layers,
        but for the states of recurrent layers, which come from the data.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization()])
    >>> model.layers[0].gamma.trainable = False
    >>> [weight.name for weight in frozen_variables(model)]
    ['gamma']
    """
    trained = {id(weight) for weight in model.trainable_variables}
    found: dict[int, keras.Variable] = {}
    for layer in (model, *nested_layers(model)):
        made, state = own_variables(layer)
        if layer.trainable or getattr(layer, "stateful", False):
            state = []
        found |= {id(weight): weight for weight in [*made, *state] if id(weight) not in trained}
    return list(found.values())
