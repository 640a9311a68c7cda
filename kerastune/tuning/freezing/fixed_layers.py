"""Layers that give the same for the same while the rest trains, and what they cost."""

import math
from typing import TYPE_CHECKING, Any

from kerastune.backends import nested_layers
from kerastune.tuning.groups.graph import own_weights

if TYPE_CHECKING:
    import keras

# What other classes compute may be random, or depend on the other samples of a batch.
_KNOWN = ("keras", "keras_hub", "kerastune")

# Layers that make one sample out of several, and change the targets too.
_MIX_SAMPLES = ("MixUp", "CutMix", "SampleMixing")

AMOUNTS = ("rate", "stddev", "dropout", "recurrent_dropout", "drop_path_rate", "drop_prob")
"""How layers of Keras and KerasHub call how much they drop or add at random."""


def is_fixed(operation: Any, *, but_for_augmentation: bool = False) -> bool:
    """Returns whether an operation gives the same for a sample at each training step.

    It does if nothing in it trains, moves its own state, is random while training, adds to the
    loss, or is of a class that is not Keras', KerasHub's or ours.

    Args:
        operation: a built Keras layer or model, or an operation.
        but_for_augmentation: bool, whether what it gives may differ by what augmentation draws.
            Defaults to False.

    Returns:
        A bool.

    Example:

    >>> import keras
    >>> norm = keras.layers.BatchNormalization()
    >>> norm.build((None, 2))
    >>> is_fixed(norm)
    False
    >>> norm.trainable = False
    >>> is_fixed(norm), is_fixed(keras.layers.Dropout(0.1)), is_fixed(keras.layers.Dropout(0.0))
    (True, False, True)
    """
    import keras

    if not isinstance(operation, keras.Layer):
        return _is_known(operation)
    if operation.trainable_variables:
        return False
    layers = (operation, *nested_layers(operation))
    return all(_is_still(layer, but_for_augmentation) for layer in layers)


def is_augmentation(layer: Any) -> bool:
    """Returns whether a layer changes each sample by itself at random, and drops nothing.

    Args:
        layer: a Keras layer.

    Example:

    >>> import keras
    >>> layers = [keras.layers.RandomFlip(), keras.layers.Dropout(0.1), keras.layers.MixUp()]
    >>> [is_augmentation(layer) for layer in layers]
    [True, False, False]
    """
    mixes = type(layer).__name__ in _MIX_SAMPLES
    return draws(layer) and not mixes and not any(hasattr(layer, name) for name in AMOUNTS)


def draws(layer: Any) -> bool:
    """Returns whether a layer holds a generator of random numbers itself.

    Args:
        layer: a Keras layer.

    Example:

    >>> import keras
    >>> draws(keras.layers.RandomFlip()), draws(keras.layers.Dense(1))
    (True, False)
    """
    import keras

    return any(isinstance(held, keras.random.SeedGenerator) for held in vars(layer).values())


def products(layer: Any, outputs: "list[keras.KerasTensor]") -> int:
    """Returns about how many products a layer computes for a sample, by its kernels.

    Lookups in embeddings are none. Sides that are not known count as one, so the number is good
    for comparing layers of one model.

    Args:
        layer: a built Keras layer, model or operation.
        outputs: list of the symbolic tensors that it gives.

    Returns:
        An int.

    Example:

    >>> import keras
    >>> dense = keras.layers.Dense(3)
    >>> products(dense, [dense(keras.Input((5, 2)))])
    30
    """
    parts = (layer, *nested_layers(layer)) if getattr(layer, "weights", None) else ()
    kernels = [
        math.prod(weight.shape)
        for part in parts
        if "Embedding" not in type(part).__name__
        for weight in own_weights(part)
        if len(weight.shape) > 1
    ]
    if not kernels:
        return 0
    sides = list(outputs[0].shape[1:])
    channels_first = getattr(layer, "data_format", None) == "channels_first"
    positions = sides[1:] if channels_first else sides[:-1]
    return sum(kernels) * math.prod(side or 1 for side in positions)


def _is_still(layer: "keras.Layer", but_for_augmentation: bool) -> bool:
    """Whether a layer without the layers below it is frozen and not random."""
    import keras

    if isinstance(layer, keras.layers.Lambda) or not _is_known(layer):
        return False
    if layer.trainable and own_weights(layer):
        return False
    if getattr(layer, "activity_regularizer", None) is not None:
        return False
    if not draws(layer) or (but_for_augmentation and is_augmentation(layer)):
        return True
    amounts = [getattr(layer, name, None) for name in AMOUNTS]
    known = [amount for amount in amounts if isinstance(amount, int | float)]
    return bool(known) and not any(known)


def _is_known(operation: Any) -> bool:
    """Whether an operation is of a class of Keras, KerasHub or ours."""
    return type(operation).__module__.partition(".")[0] in _KNOWN
