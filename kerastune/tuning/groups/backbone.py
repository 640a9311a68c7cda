"""The pretrained part of a model, and which of its weights take part in the result."""

from typing import TYPE_CHECKING

from kerastune.tuning.groups.graph import calls_to, direct_layers, has_graph

if TYPE_CHECKING:
    import keras


def find_backbone(model: "keras.Model") -> "keras.Model | None":
    """Returns the backbone of a model: the nested model that the rest is built around.

    It is the model's attribute `backbone`, as in every task of KerasHub, or else the
    nested model with the most variables, if all of this holds:

    - it holds at least half of the model's variables;
    - no other nested model holds half as many as it, so that neither one block out of
      several nor one of two towers is taken for the whole;
    - something with weights comes after it, where the order is known: a classifier that
      is nested itself is no backbone.

    A model around a single nested model (augmentation first, say) is looked into.

    Args:
        model: a built Keras model.

    Returns:
        The nested model, or None if there is none.

    Example:

    >>> import keras
    >>> inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)], name="inner")
    >>> find_backbone(keras.Sequential([inner, keras.layers.Dense(1)])).name
    'inner'
    >>> find_backbone(inner) is None
    True
    """
    import keras

    named = getattr(model, "backbone", None)
    if isinstance(named, keras.Model) and named.weights:
        return named
    graph = has_graph(model)
    layers = [layer for layer in (model.layers if graph else direct_layers(model)) if layer.weights]
    if len(layers) == 1 and isinstance(layers[0], keras.Model):
        return find_backbone(layers[0])
    nested = [layer for layer in layers if isinstance(layer, keras.Model)]
    nested.sort(key=lambda layer: len(layer.weights))
    sizes = [len(layer.weights) for layer in nested]
    if not nested or (nested[-1] is layers[-1] and graph):
        return None
    is_most = 2 * sizes[-1] >= len(model.weights)
    return nested[-1] if is_most and all(2 * size < sizes[-1] for size in sizes[:-1]) else None


def used_weights(model: "keras.Model") -> "list[keras.Variable]":
    """Returns the weights that take part in what the model computes.

    KerasHub's text encoders, for one, end in a dense layer for the first token. Where a
    head takes only the features of all tokens, its weights get no gradients.

    Args:
        model: a built Keras model.

    Returns:
        List of variables, those that are never trained included. Only what lies in
        functional models nested in each other can be left out.

    Example:

    >>> import keras
    >>> x = keras.Input((2,))
    >>> two = keras.Model(x, {"a": keras.layers.Dense(3)(x), "b": keras.layers.Dense(3)(x)})
    >>> model = keras.Model(x, keras.layers.Dense(1)(two(x)["a"]))
    >>> len(model.weights), len(used_weights(model))
    (6, 4)
    """
    if not has_graph(model):
        return list(model.weights)
    used, idle = _used_and_idle(model, model.outputs)
    return [weight for weight in model.weights if id(weight) in used or id(weight) not in idle]


def _used_and_idle(
    model: "keras.Model", outputs: "list[keras.KerasTensor]"
) -> tuple[set[int], set[int]]:
    """Returns ids of the weights on the way to some outputs of a model, and of those off it."""
    used: set[int] = set()
    idle = {id(weight) for layer in model.layers for weight in layer.weights}
    for call in calls_to(model, outputs):
        if has_graph(call.layer):
            taken = [call.layer.outputs[index] for index in call.used]
            inner, off = _used_and_idle(call.layer, taken)
            used, idle = used | inner, idle | off
        else:
            used.update(id(weight) for weight in call.weights)
    return used, idle
