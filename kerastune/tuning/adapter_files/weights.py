"""The weights of a model with adapters: which are written, how, and which are of the base."""

from typing import Any

import keras
import numpy as np

from kerastune.backends.own_state import own_variables
from kerastune.errors import InputError
from kerastune.tuning.adapters.adapted import adapted_layers
from kerastune.tuning.freezing.frozen_state import moving_state


def kept_weights(model: keras.Model) -> set[int]:
    """Returns the weights that are written: adapters, what trains, and the statistics of that.

    Args:
        model: a built Keras model with adapters.

    Returns:
        Set of the ids of variables.

    Example:

    >>> from kerastune.tuning import LoRA, add_adapters
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> _ = add_adapters(model, LoRA(rank=2, targets="dense"))
    >>> kept = kept_weights(model)
    >>> [weight.name for weight in model.weights if id(weight) in kept]
    ['bias', 'lora_a', 'lora_b']
    """
    kept = {id(weight) for weight in (*model.trainable_variables, *moving_state(model))}
    for adapted in adapted_layers(model):
        kept |= {id(one) for layer in adapted.adapters.values() for one in layer.weights}
        # Quantized kernels are state to Keras, and of the base here.
        kept -= {id(weight) for weight in own_variables(adapted.layer)[1]}
    return kept


def plain(value: np.ndarray) -> np.ndarray:
    """Returns an array of a type that NumPy has: floats of few bits as float32, which holds them.

    Args:
        value: array.

    Example:

    >>> plain(np.ones(2)).dtype.name
    'float64'
    """
    is_own = value.dtype.type.__module__ == "numpy"
    return np.asarray(value if is_own else value.astype("float32"), order="C")


def stored(arrays: Any, name: str, variable: Any, header: dict[str, Any], file: str) -> np.ndarray:
    """Returns the value of a variable out of a file, of its shape and finite.

    Args:
        arrays: an opened file of safetensors.
        name: str, that of the array in it.
        variable: a Keras variable.
        header: dictionary, the header of the file.
        file: str, what the file is called in messages.

    Raises:
        InputError: if there is no such array.
    """
    if name not in header or header[name]["shape"] != list(variable.shape):
        shape = header[name]["shape"] if name in header else "no array"
        raise InputError(
            f"Expected an array of shape {tuple(variable.shape)} for {variable.path!r}. Received: "
            f"{shape} in {file}. The file is damaged, or another: save the adapters again"
        )
    value = np.array(arrays.get_tensor(name))
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        raise InputError(
            f"Expected finite numbers for {variable.path!r}. Received: NaN or infinity in {file}"
        )
    return value
