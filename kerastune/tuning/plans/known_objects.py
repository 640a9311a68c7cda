"""Classes and functions that a configuration may name: Keras' own, and registered ones.

Keras imports modules of its own and of KerasHub where a configuration says so. Whatever is
found here is in memory already.
"""

from collections.abc import Iterator
from typing import Any

from kerastune.errors import InputError, closest

# Keras' classes that hold neither code nor names of files.
_ROOMS = (
    "optimizers",
    "optimizers.schedules",
    "activations",
    "constraints",
    "initializers",
    "losses",
    "metrics",
    "regularizers",
)
# What Keras writes for values that are neither text nor numbers.
_VALUES = ("__tensor__", "__numpy__", "__bytes__", "__slice__", "__ellipsis__")


def described(config: Any) -> Iterator[dict[str, Any]]:
    """Yields the parts of a configuration that describe an object, however deep.

    Args:
        config: plain data.

    Yields:
        Dictionaries with a `class_name`.

    Example:

    >>> [part["class_name"] for part in described({"class_name": "SGD", "config": {}})]
    ['SGD']
    """
    waiting = [config]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting.extend(part.values())
            if "class_name" in part:
                yield part
        elif isinstance(part, list):
            waiting.extend(part)


def known_object(part: dict[str, Any]) -> Any:
    """Returns the class or the function that a part of a configuration names.

    Args:
        part: dictionary with `class_name` and `config`, `module` and `registered_name`.

    Returns:
        A class or a function, looked for in the order of Keras; None if it is not known.

    Example:

    >>> import keras
    >>> part = {"module": "keras.optimizers", "class_name": "SGD", "config": {}}
    >>> known_object(part) is keras.optimizers.SGD
    True
    """
    if (registered := _registered(part)) is not None:
        return registered
    is_function = part["class_name"] == "function"
    name = part.get("config") if is_function else part["class_name"]
    if part.get("registered_name") not in (None, name):
        return None
    rooms = _ROOMS if is_function and part.get("module") == "builtins" else (_room(part),)
    return next((found for room in rooms if (found := _public(room, name)) is not None), None)


def complete(part: dict[str, Any]) -> None:
    """Says where a class of Keras is from, if its name alone says so.

    Args:
        part: dictionary with a `class_name`, which is changed.

    Example:

    >>> part = {"class_name": "CosineDecay"}
    >>> complete(part)
    >>> part["module"], part["config"]
    ('keras.optimizers.schedules', {})
    """
    part.setdefault("config", {})
    if part.get("module") is None and _registered(part) is None:
        rooms = [room for room in _ROOMS if _public(room, part["class_name"]) is not None]
        part["module"] = f"keras.{rooms[0]}" if rooms else None


def refuse_unknown(part: dict[str, Any], setting: str) -> None:
    """Raises if a part of a configuration names what is not known.

    Args:
        part: dictionary with `class_name` and `config`.
        setting: str, what it is the value of, for the message.

    Raises:
        InputError: if it does, with what to do.

    Example:

    >>> refuse_unknown({"module": "mine", "class_name": "Fast", "config": {}}, "optimizer")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected ... Received: 'Fast' of the module 'mine'. Import ...
    """
    import keras

    name = part["class_name"]
    if name in _VALUES or known_object(part) is not None:
        return
    label = part.get("registered_name") or (part["config"] if name == "function" else name)
    keras_names = [*vars(keras.optimizers), *vars(keras.optimizers.schedules)]
    raise InputError(
        f"Expected in `{setting}` what Keras has for it, or is registered in this process. "
        f"Received: {label!r} of the module {part.get('module')!r}. Import the file that "
        "registers it (`@keras.saving.register_keras_serializable`) before the plan is read."
        + closest(str(label), keras_names)
    )


def _registered(part: dict[str, Any]) -> Any:
    """Returns the class or function that is registered under the name in a part, or None."""
    import keras

    is_function = part["class_name"] == "function"
    name = part.get("config") if is_function else part.get("registered_name", part["class_name"])
    return keras.saving.get_registered_object(name) if isinstance(name, str) else None


def _room(part: dict[str, Any]) -> str:
    return str(part.get("module")).removeprefix("keras.")


def _public(room: str, name: Any) -> Any:
    """Returns the public object of Keras with a name in one of some modules, or None."""
    import keras

    if room not in _ROOMS or not isinstance(name, str) or name.startswith("_"):
        return None
    place: Any = keras
    for step in room.split("."):
        place = getattr(place, step)
    found = getattr(place, name, None)
    return found if callable(found) else None
