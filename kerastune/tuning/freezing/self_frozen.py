"""Weights that stay frozen whatever a pattern says, because their own layer froze them."""

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from kerastune.backends import (
    freezes_inside,
    frozen_inside,
    lora_bases,
    nested_layers,
    own_variables,
)
from kerastune.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import keras

# By layer: what it was seen to freeze itself, and what was frozen here, which is not that.
_SELF_FROZEN: "WeakKeyDictionary[keras.Layer, set[int]]" = WeakKeyDictionary()
_FROZEN_HERE: "WeakKeyDictionary[keras.Layer, set[int]]" = WeakKeyDictionary()


def self_frozen_weights(model: "keras.Model") -> set[int]:
    """Returns the weights of a model that a layer of it keeps frozen.

    These are the bases of LoRA, of Keras and of KerasHub, and what a layer of one's own
    freezes in its code, be it a weight of its own or a layer that it holds. What a layer
    makes with `add_weight(trainable=False)`, such as quantized kernels, never trains anyway.

    Args:
        model: a built Keras model.

    Returns:
        Set of the ids of variables.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    >>> model.layers[0].enable_lora(1)
    >>> held = self_frozen_weights(model)
    >>> [weight.name for weight in model.weights if id(weight) in held]
    ['kernel']
    """
    found: set[int] = set()
    for layer in (model, *nested_layers(model)):
        found.update(id(weight) for weight in lora_bases(layer))
        here = _FROZEN_HERE.get(layer, set())
        inside = {id(weight) for weight in frozen_inside(layer)} - here
        if inside or layer in _SELF_FROZEN:
            found |= _SELF_FROZEN.setdefault(layer, set())
            _SELF_FROZEN[layer] |= inside
            found |= inside
    return found


def remember_frozen(model: "keras.Model", frozen: "Iterable[int]") -> None:
    """Remembers what was frozen by a pattern, so that it does not pass for a layer's own freeze.

    Args:
        model: a built Keras model.
        frozen: the ids of variables that a pattern, and no layer, has frozen.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    >>> remember_frozen(model, [])
    """
    ids = set(frozen)
    for layer in filter(freezes_inside, nested_layers(model)):
        below = {id(w) for part in (layer, *nested_layers(layer)) for w in own_variables(part)[0]}
        if below & ids:
            _FROZEN_HERE.setdefault(layer, set()).update(below & ids)


def refuse_self_frozen(
    model: "keras.Model", pattern: object, named: "Iterable[keras.Variable]"
) -> None:
    """Refuses a pattern that names nothing but what layers keep frozen.

    Args:
        model: a built Keras model.
        pattern: what the user gave.
        named: the variables that it names.

    Raises:
        InputError: if all of them are held.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    >>> model.layers[0].enable_lora(1)
    >>> refuse_self_frozen(model, "dense/kernel", model.weights[:1])
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected weights that may train. Received: 'dense/kernel', ...
    """
    named, held = list(named), self_frozen_weights(model)
    if named and all(id(weight) in held for weight in named):
        raise InputError(
            f"Expected weights that may train. Received: {str(pattern)!r}, which names "
            f"{named[0].path!r} and nothing else that its layer does not keep frozen, as LoRA does "
            "with its base. Name the adapters: 're:lora_'"
        )
