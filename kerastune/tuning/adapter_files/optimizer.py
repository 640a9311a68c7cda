"""The state of the optimizer beside adapters, with which a training goes on."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerastune.backends.compilation import copy_optimizer
from kerastune.backends.optimizers import inner_optimizer, trained_variables
from kerastune.checkpoints.variables import read_variables, uncounted
from kerastune.errors import InputError, some_of
from kerastune.tuning.adapter_files.weights import plain, stored

OPTIMIZER = "optimizer.safetensors"

_AGAIN = "Compile the model as it was, or load the adapters without their optimizer"


def optimizer_arrays(model: keras.Model) -> tuple[dict[str, np.ndarray], list[int]]:
    """Returns what the optimizer of a model remembers, and of which weights.

    Args:
        model: a compiled Keras model.

    Returns:
        A tuple of a dictionary from the place and the path of each variable, which names the
        weight that a slot belongs to, to its value; and the places of the weights that train.

    Raises:
        InputError: if the model is not compiled, or trains others than its optimizer.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    >>> model.compile(keras.optimizers.SGD(name="sgd"), "mse")
    >>> arrays, trained = optimizer_arrays(model)
    >>> list(arrays), trained
    (['0:sgd/iteration', '1:sgd/learning_rate'], [0, 1])
    """
    require_compiled(model)
    optimizer = model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    known = {id(variable) for variable in trained_variables(inner_optimizer(optimizer))}
    others = known ^ {id(variable) for variable in model.trainable_variables}
    if others:
        names = [weight.path for weight in model.weights if id(weight) in others]
        raise InputError(
            "Expected an optimizer of the weights that train. Received: one that differs in "
            f"{some_of(names)}. Compile the model after what trains is changed"
        )
    arrays, told = read_variables("", optimizer.variables)
    named = {f"{place}:{path}": plain(arrays[f"/{place}"]) for place, (path, *_) in enumerate(told)}
    places = [place for place, weight in enumerate(model.weights) if id(weight) in known]
    return named, places


def optimizer_like(model: keras.Model, path: Path, header: dict[str, Any]) -> Any:
    """Returns a copy of the optimizer of a model with the state in a file.

    Args:
        model: a compiled Keras model, in which those weights train that did.
        path: Path of the file.
        header: dictionary, its header as `read_safetensors_header` gives it.

    Returns:
        A built Keras optimizer.

    Raises:
        InputError: if the file holds the state of another one.
    """
    from safetensors import safe_open

    optimizer = copy_optimizer(model.optimizer)
    optimizer.build(model.trainable_variables)
    names = sorted(header, key=_place)
    ours = [_told(variable.path) for variable in optimizer.variables]
    theirs = [_told(name.partition(":")[2]) for name in names]
    if ours != theirs:
        raise InputError(
            f"Expected the state of an optimizer with {_other(ours, theirs)}. Received: one with "
            f"{_other(theirs, ours)} in {path.name}. {_AGAIN}"
        )
    with safe_open(path, framework="numpy") as arrays:
        for name, variable in zip(names, optimizer.variables, strict=True):
            variable.assign(stored(arrays, name, variable, header, path.name))
    return optimizer


def require_compiled(model: keras.Model) -> None:
    """Refuses a model without an optimizer.

    Args:
        model: a Keras model.

    Raises:
        InputError: if it is not compiled.

    Example:

    >>> require_compiled(keras.Sequential([keras.layers.Dense(1)]))
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a compiled model, ... Received: 'sequential...', ...
    """
    if not (model.compiled and model.optimizer is not None):
        raise InputError(
            f"Expected a compiled model, whose optimizer goes on. Received: {model.name!r}, which "
            "is not. Call `compile` first, or leave out `with_optimizer`"
        )


def _told(path: str) -> str:
    """A variable of an optimizer and whose it is, however it was built.

    Keras counts the optimizers of a process too, and on TensorFlow the path of one that is built
    in the first step of another, which scales the loss, begins with the name of that.
    """
    return "/".join(uncounted(path).split("/")[-2:])


def _place(name: str) -> int:
    """The place of a variable by its name in a file; last of all where it has none."""
    place = name.partition(":")[0]
    return int(place) if place.isascii() and place.isdigit() and len(place) < 9 else 10**9


def _other(paths: list[str], others: list[str]) -> str:
    """The first path that others do not have at its place, in words."""
    for place, path in enumerate(paths):
        if place >= len(others) or others[place] != path:
            return repr(path)
    return f"{len(paths)} variables"
