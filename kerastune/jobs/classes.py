"""Classes that are neither Keras' nor this library's: named in a run, and never imported by it."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from kerastune import backends

backends.select()

import keras

from kerastune.errors import InputError
from kerastune.tuning.adapters.attaching import base_alone

_KNOWN_PACKAGES = ("keras", "keras_hub", "kerastune", "builtins")


def foreign_classes(*objects: Any) -> list[dict[str, str]]:
    """Which classes somebody has to import before objects can be read back.

    Args:
        *objects: Keras objects: a head, a preprocessor, a model.

    Returns:
        List of dictionaries: `class`, the name it is registered by, its `module` and `file`.

    Example:

    >>> foreign_classes(keras.Sequential([keras.layers.Dense(1)]))
    []
    """
    found: dict[str, dict[str, str]] = {}
    for one in objects:
        # Adapters are known by their method, and a model with them has no configuration.
        with base_alone(one) if isinstance(one, keras.Model) else nullcontext():
            described = keras.saving.serialize_keras_object(one)
        for name in _registered_names(described):
            kind = keras.saving.get_registered_object(name)
            if kind is None or kind.__module__.split(".")[0] in _KNOWN_PACKAGES:
                continue
            found[name] = {"class": name, "module": kind.__module__, "file": _file_of(kind)}
    return list(found.values())


def require_known(classes: Any, run_dir: Path) -> None:
    """Raises unless all classes that a run needs are registered with Keras.

    Args:
        classes: list as `foreign_classes` gives it.
        run_dir: Path of the run, for the message.

    Raises:
        InputError: if one is not, with the file to give.

    Example:

    >>> require_known([], Path("runs/one"))
    """
    for entry in classes if isinstance(classes, list) else ():
        name = entry.get("class") if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or keras.saving.get_registered_object(name) is not None:
            continue
        file = entry.get("file") or f"the file of the module {entry.get('module')}"
        raise InputError(
            f"Expected the class {name!r}, which '{run_dir}' needs, to be imported. Received: no "
            f"such class. Give the file that defines it: kerastune.load({str(run_dir)!r}, "
            f"recipe={str(file)!r})"
        )


def _registered_names(config: Any) -> Iterator[str]:
    """The names by which the classes in a configuration are registered."""
    if isinstance(config, Mapping):
        if isinstance(name := config.get("registered_name"), str):
            yield name
        for value in config.values():
            yield from _registered_names(value)
    elif isinstance(config, Sequence) and not isinstance(config, str):
        for value in config:
            yield from _registered_names(value)


def _file_of(kind: type) -> str:
    """The file that defines a class, or an empty text for one typed into a session."""
    try:
        return str(Path(inspect.getfile(kind)).resolve())
    except (TypeError, OSError):
        return ""
