"""The data of a person's own model: arrays of an `.npz` file, and made-up ones without."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerastune.backends.jacobians import to_numpy
from kerastune.comparison.specification import Specification
from kerastune.comparison.work.made_up import made_up_inputs, made_up_targets
from kerastune.errors import InputError, closest, reason
from kerastune.training.given_arrays import given_data
from kerastune.untrusted.numpy_files import open_arrays


def given_arrays(
    model: keras.Model, loss: Any, specification: Specification, notes: list[str]
) -> Any:
    """The data that were given for a model, with made-up ones for what is not there.

    Args:
        model: a built Keras model.
        loss: what it is compiled with, to which made-up targets fit.
        specification: the `Specification`, with the `.npz` file.
        notes: list of str, to which is added what is made up.

    Returns:
        Tuple `(x, y)` or `(x, y, sample_weight)` of arrays in the structure of the model.

    Raises:
        InputError: if the file cannot be read, or its arrays do not fit the model.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> x, y = given_arrays(model, "mse", Specification("m:f", "torch", "a", "a"), [])
    >>> x.shape, y.shape
    ((16, 2), (16, 1))
    """
    given = _read(Path(specification.data), model) if specification.data else (None, None)
    x, y, *weights = given
    if x is None:
        x = made_up_inputs(model, specification.seed)
        notes.append("No data were given: inputs are drawn at random, with NumPy.")
    try:
        arrays = given_data(model, (x, y, *weights))
        few = keras.tree.map_structure(lambda array: array[:2], arrays[0])
        outputs = keras.tree.map_structure(to_numpy, model(few, training=False))
    except InputError:
        raise
    # The words of the backend, or of a layer, for shapes that do not fit.
    except Exception as error:
        raise InputError(
            f"Expected data that fit {model.name!r}, which takes {_taken(model)}. "
            f"Received: {_shapes(x)}: {reason(error)}"
        ) from error
    if y is None:
        notes.append("No targets were given: they are drawn at random, with NumPy.")
        count = len(keras.tree.flatten(arrays[0])[0])
        whole = keras.tree.map_structure(lambda one: np.zeros((count, *one.shape[1:])), outputs)
        return (arrays[0], made_up_targets(whole, loss, specification.seed))
    return arrays


def _read(path: Path, model: keras.Model) -> tuple[Any, ...]:
    """Arrays of an `.npz` file: `x`, `y`, `sample_weight`, or inputs and outputs by name."""
    names = list(getattr(model, "input_names", None) or _names(model, "inputs"))
    outputs = list(getattr(model, "output_names", None) or [])
    try:
        arrays = dict(open_arrays(path))
    except (OSError, ValueError) as error:
        raise InputError(
            "Expected an .npz file of arrays, written by `numpy.savez(FILE, x=x, y=y)`. "
            f"Received: '{path}': {reason(error)}"
        ) from error
    inputs = {name: arrays[name] for name in names if name in arrays}
    targets = {name: arrays[name] for name in outputs if name in arrays}
    known = {"x", "y", "sample_weight", *inputs, *targets}
    if unknown := sorted(arrays.keys() - known):
        raise InputError(
            f"Expected arrays called x, y, sample_weight, {', '.join([*names, *outputs])} in "
            f"'{path}'. Received: {unknown[0]!r}."
            + closest(unknown[0], ["x", "y", "sample_weight", *names, *outputs])
        )
    x: Any = arrays.get("x", inputs or None)
    if x is None or (isinstance(x, dict) and len(x) < len(names)):
        missing = [name for name in names if name not in inputs]
        raise InputError(
            f"Expected an array x, or one for each input: {', '.join(names)}. Received: "
            f"'{path}' without {missing[0] if len(names) > 1 else 'x'}"
        )
    if isinstance(x, dict) and len(x) == 1:
        x = next(iter(x.values()))
    elif isinstance(x, dict) and not isinstance(getattr(model, "input", None), dict):
        x = tuple(x[name] for name in names)
    y = arrays.get("y", targets or None)
    if isinstance(y, dict) and len(y) == 1:
        y = next(iter(y.values()))
    weights = [arrays["sample_weight"]] if "sample_weight" in arrays else []
    return (x, y, *weights)


def _names(model: keras.Model, slot: str) -> list[str]:
    """The names of symbolic inputs."""
    return [tensor.name for tensor in getattr(model, slot, None) or []]


def _taken(model: keras.Model) -> str:
    """The inputs of a model in words."""
    inputs = getattr(model, "inputs", None) or []
    return ", ".join(f"{one.name} {tuple(one.shape)}" for one in inputs) or "what it was built for"


def _shapes(x: Any) -> str:
    """The shapes of arrays in words."""
    return ", ".join(str(np.shape(leaf)) for leaf in keras.tree.flatten(x))
