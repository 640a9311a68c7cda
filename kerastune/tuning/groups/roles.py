"""Roles of variables: normalization, biases, embeddings, kernels, adapters."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from kerastune.backends import nested_layers
from kerastune.backends.attached_layers import is_attached
from kerastune.tuning.groups.graph import own_weights

if TYPE_CHECKING:
    import keras

_OF_KERAS = ("lora_kernel_", "lora_embeddings_")
_BIAS = re.compile(r"(?!relative_)(.*_)?bias")
_EMBEDDING = re.compile(r"(.*_)?(embeddings?|embed|tokens?)")


def weights_of_role(model: "keras.Model", role: str) -> "list[keras.Variable]":
    """Returns the weights of a model that play a role.

    Args:
        model: a built Keras model.
        role: str, a key of `ROLES`. `"norms"`: all weights of normalization layers, their
            statistics included. `"biases"`: with the offsets of normalization layers, as
            in BitFit, but not of batch normalization. `"kernels"`: everything named a
            kernel. `"embeddings"`: tables of tokens, segments and positions, class and
            register tokens, but not what embeds the patches of an image. `"adapters"`: the
            weights of adapters, those of Keras' own LoRA among them.

    Returns:
        List of variables, in the model's order.

    Example:

    >>> import keras
    >>> layers = [keras.layers.Embedding(9, 2), keras.layers.LayerNormalization()]
    >>> model = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(1)])
    >>> [weight.name for weight in weights_of_role(model, "norms")]
    ['gamma', 'beta']
    >>> {role: len(weights_of_role(model, role)) for role in ROLES}
    {'norms': 2, 'biases': 2, 'kernels': 1, 'embeddings': 1, 'adapters': 0}
    """
    plays = ROLES[role]
    found = {
        id(weight)
        for layer in (model, *nested_layers(model))
        for weight in own_weights(layer)
        if plays(layer, weight.path.rsplit("/", 1)[-1])
    }
    return [weight for weight in model.weights if id(weight) in found]


def is_normalization(layer: "keras.Layer") -> bool:
    """Returns whether a layer normalises: Keras' layers, KerasHub's own, a user's own."""
    return "norm" in type(layer).__name__.lower()


def _is_bias(layer: "keras.Layer", name: str) -> bool:
    """Returns whether a layer's weight of some name is a bias, or the offset of a normalization."""
    import keras

    if isinstance(layer, keras.layers.BatchNormalization):
        return False
    return bool(_BIAS.fullmatch(name)) or (name == "beta" and is_normalization(layer))


def _is_embedding(layer: "keras.Layer", name: str) -> bool:
    """Returns whether a layer's weight of some name is a table or a token."""
    if name.endswith(("kernel", "bias")) or is_normalization(layer):
        return False
    return "embed" in type(layer).__name__.lower() or bool(_EMBEDDING.fullmatch(name))


def _is_adapter(layer: "keras.Layer", name: str) -> bool:
    """Returns whether a layer is attached to another, or a weight is of Keras' own adapters."""
    return is_attached(layer) or name.startswith(_OF_KERAS)


ROLES: "dict[str, Callable[[keras.Layer, str], bool]]" = {
    "norms": lambda layer, _: is_normalization(layer),
    "biases": _is_bias,
    "kernels": lambda _, name: name.endswith("kernel"),
    "embeddings": _is_embedding,
    "adapters": _is_adapter,
}
