"""Reading `.keras` files, which may come from anywhere."""

import json
import zipfile
from pathlib import Path
from typing import Any

import keras

from kerastune.backends import builds_abstract
from kerastune.errors import InputError, MissingExtraError, reason
from kerastune.models.presets import import_keras_hub


def read_keras_file(path: Path) -> keras.Model:
    """The model in a `.keras` file, read without running code that it may hold.

    Inside `kerastune.backends.build_abstract` its weights are not read.

    Args:
        path: Path of the file.

    Returns:
        The model, not compiled.

    Raises:
        InputError: if the file is missing, cut short, or holds Lambda layers or classes
            that are not known.
        MissingExtraError: if it needs KerasHub, which is not installed.

    Example:

    >>> read_keras_file(Path("missing.keras"))
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a whole file in the .keras format. Received: ...
    """
    if not zipfile.is_zipfile(path):
        raise InputError(
            f"Expected a whole file in the .keras format. Received: {str(path)!r}, which is "
            "something else or was cut short. Save the model again with `model.save`"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            config = archive.read("config.json")
        # Their classes are known to Keras only once they are imported.
        if b"keras_hub" in config or b"kerastune.models.bert" in config:
            import_keras_hub("Loading a pretrained backbone")
            import kerastune.models.bert  # noqa: F401
        model: Any
        if builds_abstract():
            model = keras.saving.deserialize_keras_object(json.loads(config), safe_mode=True)
        else:
            model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except MissingExtraError:
        raise
    # The readers of ZIP, HDF5 and Keras objects share no family of errors.
    except Exception as error:
        raise InputError(
            "Expected a .keras file of known classes, without Lambda layers. "
            f"Received: {str(path)!r}: {reason(error)}"
        ) from error
    return model
