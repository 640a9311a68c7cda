"""Attention layers that adapters stand beside, and which of a model are meant."""

from typing import Any

import keras

from kerastune.backends import nested_layers
from kerastune.backends.attached_layers import is_attached
from kerastune.backends.attention_prefixes import PREFIXABLE, attention_heads
from kerastune.errors import InputError, some_of
from kerastune.tuning.adapters.place import Place
from kerastune.tuning.groups.backbone import find_backbone
from kerastune.tuning.patterns.matching import match


class AttentionPlace(Place):
    """An attention layer, whose keys and values are known.

    Args:
        layer: a built Keras layer.

    Raises:
        ValueError: if it is no attention layer that is known.

    Example:

    >>> attention = keras.layers.MultiHeadAttention(2, 4)
    >>> attention.build((None, 3, 8), (None, 3, 8))
    >>> AttentionPlace(attention).heads.key_size
    4
    """

    def __init__(self, layer: keras.Layer) -> None:
        super().__init__(layer)
        self.heads = attention_heads(layer)


def attention_places(model: keras.Model, targets: str | None) -> list[AttentionPlace]:
    """Returns the attention layers that are to get an adapter.

    Args:
        model: a built Keras model.
        targets: str, a pattern of weights: the layers are those that hold some of them; or None
            for all attention layers of the backbone, or of a model without one.

    Returns:
        List of `AttentionPlace`, in the order of the model.

    Raises:
        NoMatchError: if a part of the pattern matches nothing.
        InputError: if no weight that it names is of an attention layer, or an attention layer
            that is meant computes otherwise than those that are known.

    Example:

    >>> tokens = keras.Input((3, 8))
    >>> attention = keras.layers.MultiHeadAttention(2, 4, name="attention")
    >>> model = keras.Model(tokens, attention(tokens, tokens))
    >>> [place.layer.name for place in attention_places(model, "query")]
    ['attention']
    """
    if targets is None:
        meant = {id(weight) for weight in (find_backbone(model) or model).weights}
    else:
        meant = {id(weight) for weight in match(model, targets)}
    places, refused, there = [], [], []
    for layer in _attention_layers(model):
        there.append(layer)
        if any(id(weight) in meant for weight in layer.weights):
            try:
                places.append(AttentionPlace(layer))
            except ValueError as error:
                refused.append(f"{layer.path!r}: {error}")
    if refused:
        raise InputError(
            f"Expected attention layers that read keys and values in a way that is known here. "
            f"Received: {some_of(refused, 2)}. Name others in `targets`"
        )
    if not places:
        names = some_of([layer.path for layer in there]) if there else "none"
        kinds = ", ".join(PREFIXABLE[:2])
        raise InputError(
            f"Expected targets inside attention layers, such as {kinds}. Received: "
            f"{'none' if targets is None else repr(targets)} for {model.name!r}, whose attention "
            f"layers are: {names}"
        )
    order = {id(weight): place for place, weight in enumerate(model.weights)}
    return sorted(places, key=lambda place: min(order[id(one)] for one in place.layer.weights))


def _attention_layers(model: keras.Model) -> list[Any]:
    """The attention layers of a model with weights, known ones or not; the innermost of each."""
    named = [
        layer
        for layer in nested_layers(model)
        if any("Attention" in kind.__name__ for kind in type(layer).__mro__)
        and layer.weights
        and not is_attached(layer)
    ]
    inside = {id(one): {id(inner) for inner in nested_layers(one)} for one in named}
    return [one for one in named if not any(id(other) in inside[id(one)] for other in named)]
