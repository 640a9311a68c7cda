"""Weights that a layer freezes itself: the bases of adapters."""

from functools import cache
from typing import TYPE_CHECKING, Any

from kerastune.backends.attached_layers import attached_layers
from kerastune.backends.layers import child_layers, nested_layers
from kerastune.backends.own_state import method_codes, nested_codes, own_variables

if TYPE_CHECKING:
    import keras


def lora_bases(layer: "keras.Layer") -> "list[keras.Variable]":
    """Returns the weights that adapters freeze in a layer, or LoRA in a backbone of KerasHub.

    Args:
        layer: a built Keras layer or model.

    Returns:
        List of variables: the kernel or the table of a layer with adapters, or with Keras' LoRA; of
        a backbone whose own `enable_lora` was called, all that is not in such a layer.

    Example:

    >>> import keras
    >>> dense = keras.layers.Dense(2)
    >>> dense.build((None, 3))
    >>> dense.enable_lora(1)
    >>> [weight.name for weight in lora_bases(dense)]
    ['kernel']
    """
    import keras

    if getattr(layer, "lora_enabled", False):
        found = [getattr(layer, name, None) for name in ("_kernel", "_embeddings")]
        return [weight for weight in found if isinstance(weight, keras.Variable)]
    if attached_layers(layer):
        # The bias is left to patterns, as in `bias="lora_only"` of PEFT.
        return [weight for weight in own_variables(layer)[0] if weight.name != "bias"]
    if getattr(layer, "_lora_enabled_layers", None):
        adapted = {
            id(weight)
            for part in nested_layers(layer)
            if getattr(part, "lora_enabled", False)
            for weight in part.weights
        }
        return [weight for weight in layer.weights if id(weight) not in adapted]
    return []


def frozen_inside(layer: "keras.Layer") -> "list[keras.Variable]":
    """Returns the weights that a layer's own code freezes while the layer trains.

    Such layers are adapters as people write them, around a layer or a weight that they
    freeze. Models are not among them: theirs are for their users to unfreeze.

    Args:
        layer: a built Keras layer.

    Returns:
        List of variables, of the layer itself or of layers right below it.

    Example:

    >>> import keras
    >>> class Adapted(keras.layers.Layer):
    ...     def __init__(self, base):
    ...         super().__init__()
    ...         self.base = base
    ...         self.base.trainable = False
    >>> base = keras.layers.Dense(2)
    >>> base.build((None, 3))
    >>> len(frozen_inside(Adapted(base)))
    2
    """
    if not layer.trainable or not freezes_inside(layer):
        return []
    found = [weight for weight in own_variables(layer)[0] if not weight.trainable]
    for child in child_layers(layer):
        if not child.trainable:
            found += [
                weight
                for part in (child, *nested_layers(child))
                for weight in own_variables(part)[0]
            ]
    return found


def freezes_inside(layer: "keras.Layer") -> bool:
    """Returns whether a layer is no model, and its class may set what is trainable in it.

    Args:
        layer: a Keras layer.

    Example:

    >>> import keras
    >>> freezes_inside(keras.layers.Dense(2))
    False
    """
    import keras

    layer_class: Any = type(layer)
    return not isinstance(layer, keras.Model) and _mentions_trainable(layer_class)


@cache
def _mentions_trainable(layer_class: type) -> bool:
    """Returns whether the code of a class, but for Keras' own, has the word `trainable`."""
    own = [one for one in layer_class.__mro__ if not one.__module__.startswith("keras.")]
    return any(
        "trainable" in part.co_names or any("trainable" in _words(c) for c in part.co_consts)
        for one in own
        for name in vars(one)
        for code in method_codes(one, name)
        for part in nested_codes(code)
    )


def _words(constant: object) -> tuple[object, ...]:
    """Returns the names in a constant of some code, such as those of arguments of a call."""
    return constant if isinstance(constant, tuple) else (constant,)
