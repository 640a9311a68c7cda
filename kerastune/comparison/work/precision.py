"""Models made again in another precision."""

from typing import Any

import keras

from kerastune.backends import nested_layers
from kerastune.backends.jacobians import to_numpy
from kerastune.errors import InputError, reason


def in_precision(model: keras.Model, precision: str) -> keras.Model:
    """Returns a model again in another precision, with the same weights.

    Args:
        model: a built Keras model that can be made from its configuration.
        precision: str, the name of a Keras dtype policy, also `"float64"`.

    Returns:
        The new model, whose layers all have that precision, but for those of whole numbers.

    Raises:
        InputError: if the model cannot be made from its configuration.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> in_precision(model, "mixed_bfloat16").layers[0].compute_dtype
    'bfloat16'
    """
    known = {type(layer).__name__: type(layer) for layer in [model, *nested_layers(model)]}
    try:
        config = _with_policy(keras.saving.serialize_keras_object(model), precision)
        with keras.saving.custom_object_scope(known):
            again: Any = keras.saving.deserialize_keras_object(config, safe_mode=False)
        again.set_weights([to_numpy(weight) for weight in model.weights])
    # Whatever a class of a person's own does with a configuration.
    except Exception as error:
        raise InputError(
            f"Expected a model that can be made from its configuration, for {precision}. "
            f"Received: {type(model).__name__}: {reason(error)}"
        ) from error
    return again


def _with_policy(config: Any, precision: str) -> Any:
    """Returns a configuration with another policy for floating-point numbers."""
    if isinstance(config, list | tuple):
        return [_with_policy(item, precision) for item in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "InputLayer":
        return config  # It has the type of the data, and computes nothing.
    changed = {}
    for key, value in config.items():
        name = value.get("config", {}).get("name") if isinstance(value, dict) else value
        is_policy = key == "dtype" and isinstance(name, str) and "float" in name
        changed[key] = precision if is_policy else _with_policy(value, precision)
    return changed
