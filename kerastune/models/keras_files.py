"""Reading `.keras` files, which may come from anywhere."""

import zipfile
from pathlib import Path
from typing import Any

import keras

from kerastune.backends import builds_abstract
from kerastune.errors import InputError, MissingExtraError, reason
from kerastune.models.presets import import_keras_hub
from kerastune.untrusted.keras_config import dictionaries, packages
from kerastune.untrusted.reading import parse_json, read_bounded


def read_keras_file(path: Path) -> keras.Model:
    """Returns the model in a `.keras` file, read without running code that it may hold.

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
        with zipfile.ZipFile(path) as archive, archive.open("config.json") as member:
            config = parse_json(read_bounded(member))
        import_classes(config)
        model: Any
        if builds_abstract():
            model = keras.saving.deserialize_keras_object(config, safe_mode=True)
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


def import_classes(config: dict[str, Any]) -> None:
    """Imports what registers the classes of a configuration with Keras: KerasHub's, and ours.

    Args:
        config: dictionary, the configuration of a Keras model.

    Raises:
        MissingExtraError: if it needs KerasHub, which is not installed.

    Example:

    >>> import_classes({"module": "keras.layers", "class_name": "Dense", "config": {}})
    """
    parts = list(dictionaries(config))
    ours = any(part.get("module") == "kerastune.models.bert" for part in parts)
    if ours or any("keras_hub" in packages(part) for part in parts):
        import_keras_hub("A model with layers of KerasHub")
    if ours:
        import kerastune.models.bert  # noqa: F401
