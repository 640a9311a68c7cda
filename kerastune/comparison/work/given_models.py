"""A person's own model: a `.keras` file, or a function that returns a model."""

import importlib
import sys
from pathlib import Path
from typing import Any

import keras

from kerastune.backends import set_precision, step_compilation
from kerastune.backends.compilation import compiled_arguments, copy_optimizer
from kerastune.comparison.specification import Specification
from kerastune.comparison.work.given_arrays import given_arrays
from kerastune.comparison.work.precision import in_precision
from kerastune.comparison.work.subjects import Subject, first_batches
from kerastune.errors import InputError, closest, reason
from kerastune.files import with_home
from kerastune.jobs.recipe_files import import_recipe_file
from kerastune.models.keras_files import read_keras_file
from kerastune.training.feeding import feed_for
from kerastune.training.finite_inputs import check_finite
from kerastune.training.label_checks import check_labels
from kerastune.tuning.plans.optimizer_names import named_optimizer
from kerastune.untrusted.keras_archive import open_keras_archive
from kerastune.untrusted.keras_config import foreign_part

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
        sys.path.insert(0, str(with_home(where).resolve().parent))
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
    try:
        with open_keras_archive(path) as (model, _):
            config = model.get("compile_config")
        if foreign_part(config):
            return {}
        found: Any = keras.saving.deserialize_keras_object(config, safe_mode=True) or {}
    # Losses and optimizers of a person's own; the file itself was checked and read before.
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
    data = given_arrays(model, loss, specification, notes)
    check_finite(model, data, data)
    check_labels(model, loss, data)
    feed = feed_for(
        data, batch_size=specification.batch_size or _BATCH_SIZE, seed=specification.seed
    )
    asked = specification.jit_compile
    jit_compile = compiled.get("jit_compile", "auto") if asked is None else asked
    arguments = {**compiled, "loss": loss, "jit_compile": step_compilation(jit_compile)}

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
