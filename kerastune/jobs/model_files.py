"""Writing a trained model, without what only training needs."""

import os
import tempfile
from pathlib import Path

from kerastune import backends

backends.select()

import keras

from kerastune.backends.compilation import uncompiled


def save_model(model: keras.Model, path: Path) -> None:
    """Writes a model without its optimizer, whose state is twice the weights.

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
    ):
        partial = Path(folder) / path.name
        model.save(partial)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
