"""Reading `.keras` files, which may come from anywhere."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import keras

from kerastune.backends import builds_abstract, limited_variables, undrawn_weights
from kerastune.errors import InputError, reason
from kerastune.models.presets import import_keras_hub
from kerastune.untrusted.keras_config import dictionaries, packages
from kerastune.untrusted.keras_model import check_keras_model

FEW = 10**7
"""More numbers than layers have beside their weights: seeds, masks."""

# A file may name any module: those of these rooms have classes of layers, and do nothing else.
_OURS = re.compile(r"kerastune\.(heads|models|tuning)(\.[a-z_]+)+")


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
    kerastune.errors.InputError: Expected a whole file in the .keras format, ... Received: ...
    """
    try:
        config, numbers = check_keras_model(path)
    # The readers of ZIP and HDF5 share no family of errors.
    except Exception as error:
        raise _unusable(path, error) from error
    import_classes(config)
    model: Any
    try:
        if builds_abstract():
            model = keras.saving.deserialize_keras_object(
                {**config, "compile_config": None}, safe_mode=True
            )
        else:
            with limited_variables(2 * numbers + FEW), undrawn_weights():
                model = keras.saving.load_model(path, compile=False, safe_mode=True)
    # What a configuration builds may fail in any way.
    except Exception as error:
        raise _unusable(path, error) from error
    if not isinstance(model, keras.Model):
        raise _unusable(path, TypeError(f"it describes a value of type {type(model).__name__}"))
    return model


def _unusable(path: Path, error: Exception) -> InputError:
    return InputError(
        "Expected a whole file in the .keras format, of known classes, without Lambda layers. "
        f"Received: {str(path)!r}: {reason(error)}. Save the model again with `model.save`, and "
        "import what registers its classes"
    )


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
    named = {str(part.get("module")) for part in parts}
    ours = sorted(name for name in named if _OURS.fullmatch(name))
    if "kerastune.models.bert" in ours or any("keras_hub" in packages(part) for part in parts):
        import_keras_hub("A model with layers of KerasHub")
    for name in ours:
        # One that is not there is of another version: Keras says which class it lacks.
        if _is_there(name):
            importlib.import_module(name)


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
