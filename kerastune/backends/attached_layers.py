"""Layers put into a layer that is built already, which Keras has no public way to do."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kerastune.backends.layers import nested_layers

if TYPE_CHECKING:
    import keras

_NAMES, _MARK = "_kerastune_attached", "_kerastune_is_attached"
_BENEATH, _FORMER = "_kerastune_calls_beneath", "_kerastune_former_calls"
_REPLACED = ("call", "quantized_call", _BENEATH, _FORMER)


def attach_layer(layer: "keras.Layer", child: "keras.Layer") -> None:
    """Makes a layer a part of a built layer, and builds it, with weights named after both.

    Weights of the child are then among those of the layer, and are saved with them.

    Args:
        layer: a built Keras layer.
        child: a Keras layer, built or not. Its name is the attribute under which it is held.

    Raises:
        RuntimeError: if this Keras keeps track of layers differently.

    Example:

    >>> import keras
    >>> dense = keras.layers.Dense(2, name="dense")
    >>> dense.build((None, 3))
    >>> attach_layer(dense, keras.layers.LayerNormalization(axis=[], name="extra"))
    >>> attached_layers(dense)
    ['extra']
    """
    import keras

    tracker = getattr(layer, "_tracker", None)
    if tracker is None or not hasattr(tracker, "unlock") or not hasattr(layer, "_layers"):
        raise RuntimeError(
            "Expected Keras 3.15, whose layers hold a `_tracker` and `_layers`. Received: "
            f"Keras {keras.__version__}, where {layer.name!r} does not. Install keras 3.15"
        )
    if not child.built:
        with keras.name_scope(layer.name, override_parent=_path(layer).rpartition("/")[0]):
            child.build(())
    was_locked = tracker.locked
    tracker.unlock()
    setattr(layer, child.name, child)
    if was_locked:
        tracker.lock()
    vars(layer).setdefault(_NAMES, []).append(child.name)
    for part in (child, *nested_layers(child)):
        vars(part)[_MARK] = True


def detach_layer(layer: "keras.Layer", name: str) -> None:
    """Takes a layer out again that `attach_layer` has put in.

    Args:
        layer: a built Keras layer.
        name: str, the name of the child.

    Example:

    >>> import keras
    >>> dense = keras.layers.Dense(2)
    >>> dense.build((None, 3))
    >>> attach_layer(dense, keras.layers.Identity(name="extra"))
    >>> detach_layer(dense, "extra")
    >>> attached_layers(dense)
    []
    """
    child = getattr(layer, name)
    tracker = layer._tracker
    was_locked = tracker.locked
    tracker.unlock()
    delattr(layer, name)
    tracker.untrack(child)
    if was_locked:
        tracker.lock()
    vars(layer)[_NAMES].remove(name)


def attached_layers(layer: "keras.Layer") -> list[str]:
    """Returns the names of the layers that `attach_layer` has put into a layer.

    Args:
        layer: a Keras layer.

    Example:

    >>> import keras
    >>> attached_layers(keras.layers.Dense(2))
    []
    """
    return list(vars(layer).get(_NAMES, ()))


def is_attached(layer: "keras.Layer") -> bool:
    """Returns whether a layer, or one that holds it, was put into another by `attach_layer`.

    Args:
        layer: a Keras layer.

    Example:

    >>> import keras
    >>> is_attached(keras.layers.Dense(2))
    False
    """
    return _MARK in vars(layer)


def replace_calls(
    layer: "keras.Layer", replacement: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> None:
    """Lets something else compute what a layer gives, also where its weights are quantized.

    Args:
        layer: a Keras layer.
        replacement: function that is given what computes it now, and returns what is to.

    Example:

    >>> import keras
    >>> layer = keras.layers.Identity()
    >>> replace_calls(layer, lambda call: lambda inputs: call(inputs) + 1)
    >>> float(layer(keras.ops.zeros(())))
    1.0
    """
    beneath: dict[str, Callable[..., Any]] = {}
    former = {name: vars(layer)[name] for name in _REPLACED if name in vars(layer)}
    for name in ("call", "quantized_call"):
        own = getattr(layer, name)
        # On the object, where it is found before the method of its class.
        vars(layer)[name] = functools.wraps(own)(replacement(_looked_up(beneath, name, own)))
    vars(layer).update({_BENEATH: beneath, _FORMER: former})


def restore_calls(layer: "keras.Layer") -> None:
    """Lets a layer compute again as it did before `replace_calls`.

    Args:
        layer: a Keras layer.

    Example:

    >>> import keras
    >>> layer = keras.layers.Identity()
    >>> replace_calls(layer, lambda call: lambda inputs: call(inputs) + 1)
    >>> restore_calls(layer)
    >>> float(layer(keras.ops.zeros(())))
    0.0
    """
    former = vars(layer).get(_FORMER)
    if former is None:
        return
    for name in _REPLACED:
        vars(layer).pop(name, None)
    vars(layer).update(former)


def calls_beneath(layer: "keras.Layer") -> dict[str, Callable[..., Any]] | None:
    """Returns where to put what computes in the place of the layer's own beneath `replace_calls`.

    Args:
        layer: a Keras layer.

    Returns:
        dict by `call` or `quantized_call`, or None for a layer whose calls are not replaced.

    Example:

    >>> import keras
    >>> layer = keras.layers.Identity()
    >>> replace_calls(layer, lambda call: lambda inputs: call(inputs) + 1)
    >>> calls_beneath(layer)["call"] = lambda inputs: inputs + 10
    >>> float(layer(keras.ops.zeros(())))
    11.0
    """
    return vars(layer).get(_BENEATH)


def forget_compiled_calls(model: "keras.Model") -> None:
    """Lets a model, and those in it, compile anew what they do, as their layers have changed.

    Args:
        model: a Keras model.

    Example:

    >>> import keras
    >>> forget_compiled_calls(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    """
    import keras

    for part in (model, *nested_layers(model)):
        if isinstance(part, keras.Model):
            part.train_function = part.test_function = part.predict_function = None
        if hasattr(part, "generate_function"):  # Of KerasHub's language models.
            part.generate_function = None


def _path(layer: "keras.Layer") -> str:
    """The path of a built layer, with which those of its weights begin."""
    return layer.path or layer.name


def _looked_up(
    beneath: dict[str, Callable[..., Any]], name: str, own: Callable[..., Any]
) -> Callable[..., Any]:
    """What computes under a name at the time of the call: a layer's own, if there is no other."""

    @functools.wraps(own)
    def call(*given: Any, **options: Any) -> Any:
        return beneath.get(name, own)(*given, **options)

    return call
