"""A trained model in files: without what only training needs, and its adapters beside it."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kerastune import backends

backends.select()

import keras

from kerastune.backends.compilation import uncompiled
from kerastune.errors import InputError
from kerastune.jobs.based_models import (
    ADAPTERS,
    ARCHITECTURE,
    BASE,
    read_based_model,
    write_based_model,
)
from kerastune.jobs.option_rules import STORES
from kerastune.models.base_references import KnownBase, known_base
from kerastune.models.keras_files import read_keras_file
from kerastune.tuning import Adapter, load_adapters, save_adapters
from kerastune.tuning.adapters.attaching import adapters_of, base_alone

MODEL = "model.keras"
"""The file of a run's model, where that is whole."""

BASED = (ARCHITECTURE, BASE, ADAPTERS)
"""What is there of one that is written without its base."""


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


def save_model_and_adapters(model: keras.Model, folder: Path, store: str = "model") -> None:
    """Writes a model and, if it has any, its adapters in a folder of their own.

    Args:
        model: a built Keras model.
        folder: Path, in which what was written before is replaced.
        store: str, how a model with adapters is written, see `kept_base`. Defaults to `"model"`.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model_and_adapters(model, Path(folder))
    ...     read_model_and_adapters(Path(folder)).count_params()
    3
    """
    base = kept_base(model, store)[0]
    if base is not None:
        write_based_model(model, folder, base)
        (folder / MODEL).unlink(missing_ok=True)
        return
    save_model(model, folder / MODEL)
    for name in (ARCHITECTURE, BASE):
        (folder / name).unlink(missing_ok=True)
    if (folder / ADAPTERS).is_dir():
        shutil.rmtree(folder / ADAPTERS)
    if adapters_of(model):
        save_adapters(model, folder / ADAPTERS)


def kept_base(model: keras.Model, store: str) -> tuple[KnownBase | None, str]:
    """Returns the base that a model is written without, or why it is written whole.

    Args:
        model: a built Keras model.
        store: str, `"model"` for the whole model; `"adapters"` for what is not in the base, if
            that can be loaded again; or `"auto"` for the same if any machine can load it, by a
            name, and some of its weights are as they were loaded.

    Returns:
        A tuple of the `KnownBase`, or None where the model is whole, and the reason for that:
        nothing where it was asked for, or where there are no adapters.

    Example:

    >>> kept_base(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), "auto")
    (None, '')
    """
    if store == "model" or not adapters_of(model):
        return None, ""
    base = known_base(model)
    if base is None:
        return None, "its base was not loaded by a name"
    if store == "adapters":
        return base, ""
    if base.reference.is_local:
        return None, f"its base is of this machine, {base.reference.preset}"
    if not base.unchanged():
        return None, "all of its base has trained"
    return base, ""


def require_base(model: keras.Model, store: str, planned: Sequence[Adapter] = ()) -> None:
    """Raises unless a model can be written as somebody has asked.

    Args:
        model: a built Keras model.
        store: str, as before.
        planned: sequence of `Adapter`, those that it is going to have. Defaults to none.

    Raises:
        InputError: if it is none of these, or the base cannot be loaded again without which the
            model is to be written.

    Example:

    >>> require_base(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), "auto")
    """
    if store not in STORES:
        raise InputError(f"Expected store out of {', '.join(STORES)}. Received: store={store!r}")
    if store != "adapters":
        return
    if not (planned or adapters_of(model)):
        raise InputError(
            "Expected adapters, to be stored without their base. Received: store='adapters' for a "
            "model and a plan without. Choose store='auto', or a plan such as lora"
        )
    if known_base(model) is None:
        raise InputError(
            "Expected a model whose base was loaded by `load_backbone` or `load_image_backbone`, "
            f"to be stored without it. Received: {model.name!r}. Choose store='auto' or 'model'"
        )


def files_of_model(model: keras.Model, store: str) -> tuple[str, ...]:
    """Returns the files and folders that `save_model_and_adapters` writes.

    Args:
        model: a built Keras model.
        store: str, as before.

    Example:

    >>> files_of_model(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), "auto")
    ('model.keras',)
    """
    if kept_base(model, store)[0] is not None:
        return BASED
    return (MODEL, ADAPTERS) if adapters_of(model) else (MODEL,)


def read_model_and_adapters(folder: Path, base: str | Path | None = None) -> keras.Model:
    """Returns the model that `save_model_and_adapters` has written, with its adapters.

    Args:
        folder: Path.
        base: str or Path, where the base of a model is now that was written without it, as for
            `kerastune.load_backbone`. Defaults to where it was.

    Raises:
        InputError: if there is none, or it is not whole.

    Example:

    See `save_model_and_adapters`.
    """
    if (folder / BASE).is_file():
        return read_based_model(folder, base)
    if base is not None:
        raise InputError(
            f"Expected a run that was written without its base. Received: '{folder}', which holds "
            "the whole model. Leave out `base`"
        )
    model = read_keras_file(folder / MODEL)
    if (folder / ADAPTERS).is_dir():
        load_adapters(model, folder / ADAPTERS)
    return model
