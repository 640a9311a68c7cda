"""Dropout in frozen layers: on, as in Keras, or off."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from kerastune.backends import nested_layers
from kerastune.tuning.groups.backbone import find_backbone

if TYPE_CHECKING:
    import keras

# What the rates were before they were switched off here.
_RATES: "WeakKeyDictionary[keras.Layer, float]" = WeakKeyDictionary()


def dropout_layers(model: "keras.Model") -> "list[tuple[keras.Layer, str]]":
    """Returns the layers that drop something while training, with the attribute of their rate.

    These are Keras' dropout layers, also within attention, and the layers for stochastic
    depth of Keras and KerasHub. Dropout that recurrent layers do themselves is not among
    them.

    Args:
        model: a built Keras model.

    Returns:
        List of pairs of layer and attribute.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dropout(0.5, name="drop")])
    >>> [(layer.name, attribute) for layer, attribute in dropout_layers(model)]
    [('drop', 'rate')]
    """
    return [
        (layer, attribute)
        for layer in nested_layers(model)
        for attribute in ("rate", "drop_path_rate", "drop_prob")
        if isinstance(getattr(layer, attribute, None), (int, float))
        and any(part in type(layer).__name__ for part in ("Drop", "StochasticDepth"))
    ]


def set_dropout(model: "keras.Model", mode: str) -> None:
    """Switches dropout in the frozen layers of a model on or off.

    Off means a rate of 0 until this is called again. A dropout layer counts as frozen
    when the layer that holds it is, or, side by side with layers that have weights, when
    the last one before it is. What comes after a nested backbone is not a part of it.

    Args:
        model: a built Keras model.
        mode: str, `"on"` or `"off"`.

    Example:

    >>> import keras
    >>> layers = [keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dropout(0.5)]
    >>> model = keras.Sequential(layers)
    >>> model.trainable = False
    >>> set_dropout(model, "off"); model.layers[-1].rate
    0.0
    >>> set_dropout(model, "on"); model.layers[-1].rate
    0.5
    """
    switched_off: set[int] = set()
    if mode == "off":
        backbone = find_backbone(model)
        switched_off = _inside_frozen(model if backbone is None else backbone)
    for layer, attribute in dropout_layers(model):
        rate = _RATES.pop(layer, getattr(layer, attribute))
        if id(layer) in switched_off and rate > 0:
            _RATES[layer] = rate
            rate = 0.0
        setattr(layer, attribute, rate)


@contextmanager
def restored_dropout(model: "keras.Model") -> Iterator[None]:
    """Restores dropout at the end of a `with` block.

    Args:
        model: a built Keras model.

    Example:

    >>> import keras
    >>> layers = [keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dropout(0.5)]
    >>> model = keras.Sequential(layers)
    >>> with restored_dropout(model):
    ...     model.layers[-1].rate = 0.0
    >>> model.layers[-1].rate
    0.5
    """
    before = [
        (layer, attribute, getattr(layer, attribute), _RATES.get(layer))
        for layer, attribute in dropout_layers(model)
    ]
    try:
        yield
    finally:
        for layer, attribute, rate, switched_off in before:
            setattr(layer, attribute, rate)
            _RATES.pop(layer, None)
            if switched_off is not None:
                _RATES[layer] = switched_off


def _inside_frozen(layer: Any) -> set[int]:
    """Returns the ids of all layers below one that are frozen, or come right after one that is."""
    if layer.weights and not layer.trainable_variables:
        return {id(part) for part in nested_layers(layer)}
    found: set[int] = set()
    frozen = False
    for child in getattr(layer, "layers", []):
        if child.weights:
            frozen = not child.trainable_variables
        if frozen:
            found.update(id(part) for part in (child, *nested_layers(child)))
        else:
            found |= _inside_frozen(child)
    return found
