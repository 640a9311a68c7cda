"""The computation of a run that is exported: one function from arrays by name to arrays by name."""

import json
import re
from collections.abc import Callable
from typing import Any

from kerastune import backends

backends.select()

import keras
import numpy as np

from kerastune.backends import nested_layers, symbolic_inputs, tensorflow_if_imported
from kerastune.exporting.names import plain_names
from kerastune.models.noising import Noising

Arrays = dict[str, np.ndarray]

_LOW_PRECISION = {"mixed_bfloat16", "mixed_float16", "bfloat16", "float16"}
# What Keras calls inputs that have no name of their own.
_COUNTED = re.compile(r"keras_tensor(_\d+)?|input_layer(_\d+)?|input_\d+")


def in_float32(model: keras.Model) -> keras.Model:
    """Returns a model that computes in float32; the same where it does so already.

    Args:
        model: a built Keras model, without adapters where it does not.

    Example:

    >>> dense = keras.layers.Dense(1, dtype="mixed_bfloat16")
    >>> model = keras.Sequential([keras.Input((2,)), dense])
    >>> in_float32(model).layers[0].compute_dtype
    'float32'
    """
    layers = [*nested_layers(model), model]
    if all(layer.dtype_policy.name not in _LOW_PRECISION for layer in layers):
        return model
    with tensorflow_if_imported():
        config = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    exact: Any = keras.saving.deserialize_keras_object(
        _in_float32({**config, "compile_config": None})
    )
    exact.set_weights(model.get_weights())
    return exact


def _in_float32(config: Any) -> Any:
    if isinstance(config, dict):
        return {name: _in_float32(value) for name, value in config.items()}
    if isinstance(config, list):
        return [_in_float32(value) for value in config]
    return "float32" if isinstance(config, str) and config in _LOW_PRECISION else config


def served_model(model: keras.Model) -> tuple[keras.Model, Callable[[Any], Any]]:
    """Returns the part of a model that is used after training, and what gives its inputs.

    That is the model itself, except that of diffusion, which draws noise in each call: there it is
    the network that predicts noise.

    Args:
        model: the model of a run.

    Returns:
        A tuple of a model, and a function from inputs of the given model to inputs of that one.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> served_model(model)[0] is model
    True
    """
    noising = next((layer for layer in model.layers if isinstance(layer, Noising)), None)
    if noising is None:
        return model, lambda inputs: inputs
    network = next(layer for layer in model.layers if isinstance(layer, keras.Model))

    def noised(inputs: Any) -> Any:
        found = noising([inputs["image"], inputs["label"]])
        return {
            name: keras.ops.convert_to_numpy(value)
            for name, value in found.items()
            if name != "target"
        }

    return network, noised


def forward_model(model: keras.Model) -> keras.Model:
    """Returns a model with a dictionary of named inputs and one of named outputs.

    So the names are the same in each format.

    Args:
        model: a functional or built sequential Keras model, which is used and not copied.

    Returns:
        A functional model, whose inputs are in the order of their names.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> named = forward_model(model)
    >>> list(named.input), list(named.output)
    (['inputs'], ['outputs'])
    """
    given = symbolic_inputs(model)
    names = input_names(model)
    tensors = keras.tree.flatten(given)
    inputs = {
        name: keras.Input(batch_shape=(None, *tensor.shape[1:]), dtype=tensor.dtype, name=name)
        for name, tensor in zip(names, tensors, strict=True)
    }
    outputs = model(keras.tree.pack_sequence_as(given, [inputs[name] for name in names]))
    ordered = {name: inputs[name] for name in sorted(inputs)}
    return keras.Model(ordered, _named(outputs), name="export")


def input_names(model: keras.Model) -> list[str]:
    """Returns a name for each input of a model, in the order in which they are flattened.

    Args:
        model: a functional or built sequential Keras model.

    Example:

    >>> input_names(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    ['inputs']
    """
    given = symbolic_inputs(model)
    if isinstance(given, dict):
        return list(plain_names(sorted(given)).values())
    names = [tensor.name for tensor in keras.tree.flatten(given)]
    if len(names) == 1:
        return ["inputs" if _COUNTED.fullmatch(names[0]) else names[0]]
    return [
        f"inputs_{place}" if _COUNTED.fullmatch(name) else name for place, name in enumerate(names)
    ]


def by_name(model: keras.Model, inputs: Any) -> Arrays:
    """Returns inputs of a model as `forward_model` takes them.

    Args:
        model: the model of which `forward_model` was made.
        inputs: what `model` takes: an array, or a list or dictionary of arrays; a dictionary may
            have more.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> by_name(model, np.zeros((3, 2)))["inputs"].dtype
    dtype('float32')
    """
    given = symbolic_inputs(model)
    tensors, names = keras.tree.flatten(given), input_names(model)
    if isinstance(given, dict) and isinstance(inputs, dict):
        values = [inputs[name] for name in sorted(given)]
    else:
        values = keras.tree.flatten(inputs)
    return {
        name: np.asarray(value).astype(tensor.dtype)
        for name, value, tensor in zip(names, values, tensors, strict=True)
    }


def computed(model: keras.Model, batch: Arrays) -> Arrays:
    """Returns what a model of `forward_model` computes for a batch, as NumPy arrays.

    Args:
        model: the model.
        batch: dictionary from the names of inputs to arrays.

    Example:

    >>> model = forward_model(keras.Sequential([keras.Input((2,)), keras.layers.Flatten()]))
    >>> computed(model, {"inputs": np.ones((1, 2), "float32")})
    {'outputs': array([[1., 1.]], dtype=float32)}
    """
    return {
        name: np.asarray(keras.ops.convert_to_numpy(value))
        for name, value in model.predict_on_batch(batch).items()
    }


def _named(outputs: Any) -> dict[str, Any]:
    if isinstance(outputs, dict):
        flat: dict[str, Any] = {}
        plain = plain_names(outputs)
        for key, value in outputs.items():
            name, found = plain[key], _named(value)
            flat |= {
                name if end == "outputs" else f"{name}_{end}": one for end, one in found.items()
            }
        return flat
    if isinstance(outputs, list | tuple):
        return {f"outputs_{place}": value for place, value in enumerate(outputs)}
    return {"outputs": outputs}
