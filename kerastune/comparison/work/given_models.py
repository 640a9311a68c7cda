"""A person's own model: a `.keras` file, or a function that returns a model."""

import importlib
import sys
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerastune.backends import set_precision
from kerastune.backends.compilation import compiled_arguments, copy_optimizer
from kerastune.backends.jacobians import to_numpy
from kerastune.comparison.specification import Specification
from kerastune.comparison.work.made_up import made_up_inputs, made_up_targets
from kerastune.comparison.work.precision import in_precision
from kerastune.comparison.work.subjects import Subject, first_batches
from kerastune.errors import InputError, closest, reason
from kerastune.jobs.recipe_files import import_recipe_file
from kerastune.models.keras_files import read_keras_file
from kerastune.training.feeding import feed_for
from kerastune.training.finite_inputs import check_finite
from kerastune.training.given_arrays import given_data
from kerastune.training.label_checks import check_labels
from kerastune.tuning.plans.optimizer_names import named_optimizer
from kerastune.untrusted.reading import parse_json, read_bounded

_BATCH_SIZE, _LEARNING_RATE, _OPTIMIZER, _LOSS = 16, 1e-3, "sgd", "mean_squared_error"
_OF_A_MODEL = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")


def named_object(text: str) -> Any:
    """What `module:name` or `file.py:name` names: a function, or a recipe.

    Args:
        text: str.

    Returns:
        The object.

    Raises:
        InputError: if the module cannot be imported, or has no such name.

    Example:

    >>> named_object("kerastune.models:lenet").__name__
    'lenet'
    """
    where, _, name = text.rpartition(":")
    if where.endswith(".py"):
        sys.path.insert(0, str(Path(where).expanduser().resolve().parent))
        module = import_recipe_file(where)
    else:
        sys.path.insert(0, str(Path().resolve()))
        try:
            module = importlib.import_module(where)
        except (Exception, SystemExit) as error:  # Whatever a foreign module does.
            raise InputError(
                "Expected a recipe, a .keras file, file.py:name or module:name that can be "
                f"imported. Received: {text!r}: {type(error).__name__}: {reason(error)}"
            ) from error
    if not hasattr(module, name):
        raise InputError(
            f"Expected a function or a recipe in {where!r}. Received: {name!r}."
            + closest(name, [key for key, value in vars(module).items() if callable(value)])
        )
    return getattr(module, name)


def file_subject(path: Path, specification: Specification) -> Subject:
    """The model in a `.keras` file.

    Args:
        path: Path.
        specification: the `Specification`.

    Returns:
        A `Subject`.

    Raises:
        InputError: if the file is missing or broken, or the data do not fit.
    """
    if not path.is_file():
        raise InputError(f"Expected a .keras file. Received: '{path}', which is not there")
    model = read_keras_file(path)
    if specification.precision is not None:
        model = in_precision(model, specification.precision)
    return _subject(model, _compiled_in(path), specification)


def function_subject(function: Any, specification: Specification) -> Subject:
    """The model that a function returns when it is called without arguments.

    Args:
        function: the function.
        specification: the `Specification`.

    Returns:
        A `Subject`.

    Raises:
        InputError: if it returns something else, or the data do not fit.
    """
    if specification.precision is not None:
        set_precision(specification.precision)
    try:
        model = function()
    except (TypeError, SystemExit) as error:
        raise InputError(
            "Expected a function that returns a model when called without arguments. Received: "
            f"{specification.what!r}: {reason(error)}"
        ) from error
    if not isinstance(model, keras.Model):
        raise InputError(
            "Expected a function that returns a keras.Model. Received: "
            f"{specification.what!r}, which returned {type(model).__name__}"
        )
    compiled = compiled_arguments(model) if model.compiled else {}
    own = getattr(model, "optimizer", None)
    return _subject(model, {**compiled, "optimizer": own}, specification)


def _compiled_in(path: Path) -> dict[str, Any]:
    """What the model in a file is compiled with; nothing where that cannot be read.

    How it was compiled for the backend that saved it is left out.
    """
    with zipfile.ZipFile(path) as archive, archive.open("config.json") as member:
        config = parse_json(read_bounded(member)).get("compile_config")
    try:
        found: Any = keras.saving.deserialize_keras_object(config, safe_mode=True) or {}
    # Losses and optimizers of a person's own; the model itself was read before.
    except Exception:
        return {}
    return {name: value for name, value in found.items() if name in _OF_A_MODEL}


def _subject(model: keras.Model, compiled: dict[str, Any], specification: Specification) -> Subject:
    """A model with batches, loss and optimizer: those given, else its own, else usual ones."""
    if specification.options or specification.arguments:
        unknown = next(iter([*specification.options, *specification.arguments]))
        raise InputError(
            f"Expected no options of a recipe for {specification.what!r}. Received: {unknown}"
        )
    notes = []
    optimizer = compiled.pop("optimizer", None)
    loss = specification.loss or compiled.get("loss")
    if loss is None:
        loss = _LOSS
        notes.append(f"No loss was given: the {loss} of the outputs stands in.")
    data = _data(model, loss, specification, notes)
    check_finite(model, data, data)
    check_labels(model, loss, data)
    feed = feed_for(
        data, batch_size=specification.batch_size or _BATCH_SIZE, seed=specification.seed
    )
    arguments = {**compiled, "loss": loss}

    def compile_model() -> None:
        model.compile(optimizer=_optimizer(optimizer, specification), **arguments)

    return Subject(model, first_batches(feed, specification.steps), compile_model, notes=notes)


def _optimizer(own: Any, specification: Specification) -> Any:
    """The optimizer that was asked for, a model's own, or a plain one."""
    rate = specification.learning_rate
    if specification.optimizer is None and own is not None:
        copy = copy_optimizer(own)
        if rate is not None:
            copy.learning_rate = rate
        return copy
    return named_optimizer(
        specification.optimizer or _OPTIMIZER,
        learning_rate=_LEARNING_RATE if rate is None else rate,
    )


def _data(model: keras.Model, loss: Any, specification: Specification, notes: list[str]) -> Any:
    """The data that were given, with made-up ones for what is not there."""
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
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
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
    x = arrays.get("x", inputs or None)
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
