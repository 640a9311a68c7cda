"""Layers that a model does not show publicly."""

from typing import TYPE_CHECKING, Any

from kerastune.backends.environment import versions

if TYPE_CHECKING:
    import keras


def nested_layers(model: "keras.Model") -> "list[keras.Layer]":
    """Returns every layer inside a model, at any depth, the model itself left out.

    `Model.layers` holds only the first level, and composite layers (a transformer
    block, say) do not list theirs publicly.

    Args:
        model: a built Keras model.

    Returns:
        List of layers, parents before their children, each once.

    Example:

    >>> import keras
    >>> inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="inside")])
    >>> "inside" in [layer.name for layer in nested_layers(keras.Sequential([inner]))]
    True
    """
    return list(model._flatten_layers(include_self=False, recursive=True))


def child_layers(layer: "keras.Layer") -> "list[keras.Layer]":
    """Returns the layers that a layer or model holds directly.

    Args:
        layer: a built Keras model or layer.

    Returns:
        List of layers, each once, in the order of the graph, or of the attributes where
        there is none.

    Example:

    >>> import keras
    >>> inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)], name="inner")
    >>> [layer.name for layer in child_layers(keras.Sequential([inner]))]
    ['inner']
    """
    return list(layer._flatten_layers(include_self=False, recursive=False))


def symbolic_inputs(model: "keras.Model") -> Any:
    """Returns what a model takes as symbolic tensors, in the structure in which it takes them.

    Args:
        model: a functional or built sequential model.

    Example:

    >>> import keras
    >>> symbolic_inputs(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])).shape
    (None, 2)
    """
    import keras

    # A Sequential model has a list of inputs and no `input` before it is called.
    return model.inputs[0] if isinstance(model, keras.Sequential) else model.input


def use_exact_gelu(backbone: "keras.Model") -> None:
    """Makes a BERT of KerasHub compute GELU with the error function, not its approximation.

    KerasHub writes the tanh approximation into every BERT, also where the checkpoint was
    trained with the exact function; hidden states are then off by 3e-3.

    Args:
        backbone: a `keras_hub.models.BertBackbone`. It is changed in place.

    Raises:
        RuntimeError: if this KerasHub builds its transformer layers differently.

    Example:

    >>> import keras_hub
    >>> use_exact_gelu(keras_hub.models.BertBackbone(9, 1, 1, 2, 4))
    """
    import keras

    for layer in backbone.transformer_layers:
        dense = getattr(layer, "_feedforward_intermediate_dense", None)
        if not isinstance(dense, keras.layers.Dense):
            raise RuntimeError(
                f"Expected {layer.name!r} to hold the dense layer `_feedforward_intermediate_dense`"
                f". Received: {versions()}, in which it does not. Install keras-hub 0.32"
            )
        dense.activation = keras.activations.gelu
