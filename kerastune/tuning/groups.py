"""Layer groups: the units of depth of a model, from input to output."""

from typing import TYPE_CHECKING

from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras

HEAD = "head"


def find_backbone(model: "keras.Model") -> "keras.Model":
    """The backbone of a model: the nested model that holds the most parameters.

    Args:
        model: a built Keras model.

    Returns:
        The nested model.

    Raises:
        InputError: if no model is nested in it.

    Example:

    >>> import keras
    >>> inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)], name="inner")
    >>> find_backbone(keras.Sequential([inner, keras.layers.Dense(1)])).name
    'inner'
    """
    import keras

    nested = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    if not nested:
        raise InputError(
            "Expected a model that holds its backbone as a nested model. "
            f"Received: {model.name!r} with layers {[layer.name for layer in model.layers]}. "
            "Build it with `kerastune.heads.attach`"
        )
    return max(nested, key=lambda layer: layer.count_params())


def used_weights(model: "keras.Model") -> "list[keras.Variable]":
    """The weights that take part in what the model computes.

    KerasHub's text encoders end in a dense layer for the first token, whose output
    `pooled_output` the heads here leave alone. Its weights get no gradients.

    Args:
        model: a built Keras model with a nested backbone.

    Returns:
        List of variables, those that are never trained included.

    Raises:
        InputError: if the model has no nested backbone.

    Example:

    >>> import keras
    >>> inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    >>> len(used_weights(keras.Sequential([inner, keras.layers.Dense(1)])))
    4
    """
    import keras

    backbone = find_backbone(model)
    outputs = getattr(backbone, "output", None)
    if not isinstance(outputs, dict) or "sequence_output" not in outputs:
        return list(model.weights)
    used = keras.Model(backbone.input, outputs["sequence_output"])
    idle = {id(weight) for weight in backbone.weights} - {id(weight) for weight in used.weights}
    return [weight for weight in model.weights if id(weight) not in idle]


def layer_groups(model: "keras.Model") -> "dict[str, list[keras.Variable]]":
    """The groups of a model's weights: the layers of the backbone, then the head.

    Args:
        model: a built Keras model with a nested backbone.

    Returns:
        Dictionary from group name to its weights, in the order from input to
        output. Every weight is in exactly one group; a shared weight is in the first.

    Raises:
        InputError: if the model has no nested backbone.

    Example:

    >>> import keras
    >>> inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> model = keras.Sequential([inner, keras.layers.Dense(1)])
    >>> {name: len(weights) for name, weights in layer_groups(model).items()}
    {'body': 2, 'head': 2}
    """
    backbone = find_backbone(model)
    seen: set[int] = set()
    groups: dict[str, list[keras.Variable]] = {}
    for name, layer in [*((layer.name, layer) for layer in backbone.layers), (HEAD, model)]:
        new = [weight for weight in layer.weights if id(weight) not in seen]
        seen.update(id(weight) for weight in new)
        if new:
            groups.setdefault(name, []).extend(new)
    return groups
