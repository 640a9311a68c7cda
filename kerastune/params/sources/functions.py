"""A person's own model: a function in a module or file that builds it."""

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import keras

from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError, closest, reason
from kerastune.jobs.recipe_files import import_recipe_file
from kerastune.params.sources.building import InputShapes, count_abstract

_EXPECTED = "Expected a function that returns a keras.Model. Received:"


def count_function(text: str, input_shapes: InputShapes | None = None) -> ModelCount:
    """Count the model that `module:function` or `path/to/file.py:function` builds.

    The function is called without arguments, in a way that no variable takes memory. Its
    module is imported as usual: what the module itself builds takes memory.
    """
    where, _, name = text.rpartition(":")
    with _importable(Path(where).parent if where.endswith(".py") else Path()):
        function = _function(_load(where, text), name, text)

        def build() -> keras.Model:
            try:
                model = function()
            except SystemExit as error:
                raise InputError(
                    f"{_EXPECTED}: {text!r}, which exited with {error.code!r}"
                ) from error
            if not isinstance(model, keras.Model):
                raise InputError(
                    f"{_EXPECTED} {text!r}, which returned a value of type {type(model).__name__}"
                )
            return model

        return count_abstract(
            build,
            text,
            expected="a function that builds a model when called without arguments",
            input_shapes=input_shapes,
        )


def _load(where: str, text: str) -> ModuleType:
    """Import a module by its name, or from the path of its file."""
    if where.endswith(".py"):
        return import_recipe_file(where)
    try:
        return importlib.import_module(where)
    # A module can raise anything while it is imported, and can end the process.
    except (Exception, SystemExit) as error:
        raise InputError(
            "Expected module:function of a module that can be imported, or file.py:function. "
            f"Received: {text!r}: {type(error).__name__}: {reason(error)}."
            f"{closest(where, ['applications', 'keras_hub'])}"
        ) from error


def _function(module: ModuleType, name: str, text: str) -> Callable[[], Any]:
    """The function of that name in a module."""
    function = getattr(module, name, None)
    if not callable(function):
        functions = [key for key, value in vars(module).items() if callable(value)]
        raise InputError(
            f"Expected a function that builds a model. Received: {text!r}, but the module has no "
            f"function {name!r}.{closest(name, functions)}"
        )
    return function


@contextmanager
def _importable(directory: Path) -> Iterator[None]:
    """Let modules be imported from a directory, as `python` does."""
    entry = str(directory.resolve())
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        sys.path.remove(entry)
