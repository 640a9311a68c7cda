"""A trained model in files: without what only training needs, and its adapters beside it."""

import os
import shutil
import tempfile
from pathlib import Path

from kerastune import backends

backends.select()

import keras

from kerastune.backends.compilation import uncompiled
from kerastune.models.keras_files import read_keras_file
from kerastune.tuning import load_adapters, save_adapters
from kerastune.tuning.adapters.attaching import adapters_of, base_alone

MODEL, ADAPTERS = "model.keras", "adapters"
"""The file of a run's model, and the folder of the adapters in it."""


def save_model(model: keras.Model, path: Path) -> None:
    """Writes a model without its optimizer, whose state is twice the weights, and its adapters.

    Args:
        model: a built Keras model. It is as before afterwards.
        path: Path of the `.keras` file, which is written whole or not at all.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(model, Path(folder) / "model.keras")
    ...     keras.saving.load_model(Path(folder) / "model.keras").count_params()
    3
    """
    with (
        tempfile.TemporaryDirectory(dir=path.parent, prefix=".", suffix=".tmp") as folder,
        uncompiled(model),
        base_alone(model),
    ):
        partial = Path(folder) / path.name
        model.save(partial)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)


def save_model_and_adapters(model: keras.Model, folder: Path) -> None:
    """Writes a model and, if it has any, its adapters in a folder of their own.

    Args:
        model: a built Keras model.
        folder: Path, in which what was written before is replaced.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model_and_adapters(model, Path(folder))
    ...     read_model_and_adapters(Path(folder)).count_params()
    3
    """
    save_model(model, folder / MODEL)
    if (folder / ADAPTERS).is_dir():
        shutil.rmtree(folder / ADAPTERS)
    if adapters_of(model):
        save_adapters(model, folder / ADAPTERS)


def read_model_and_adapters(folder: Path) -> keras.Model:
    """Returns the model that `save_model_and_adapters` has written, with its adapters.

    Args:
        folder: Path.

    Raises:
        InputError: if there is none, or it is not whole.

    Example:

    See `save_model_and_adapters`.
    """
    model = read_keras_file(folder / MODEL)
    if (folder / ADAPTERS).is_dir():
        load_adapters(model, folder / ADAPTERS)
    return model
