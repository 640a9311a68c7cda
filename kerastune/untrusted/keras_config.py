"""A check of what building a model from a configuration of Keras would run or read."""

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

from kerastune.errors import InputError
from kerastune.untrusted.reading import quoted

_KNOWN = {"keras", "keras_hub", "kerastune", "builtins"}
# Layers of Keras whose configuration holds code, or names a file that does.
_CODE = ("Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
# Keras saves these beside the configuration; in it, they name a file to open.
_FILES = ("vocabulary", "merges", "proto", "idf_weights", "language_tokens", "special_tokens")
# Where Keras has what models are made of. Elsewhere are functions that load, write and fetch
# files, or switch the safe mode off.
_ROOMS = {
    *("activations", "constraints", "distillation", "dtype_policies", "initializers", "layers"),
    *("losses", "metrics", "models", "ops", "optimizers", "quantizers", "random", "regularizers"),
    "trainers",
}
# Classes that Keras does not export are in modules of its own, such as `keras.src.ops.numpy`.
_MODULE = re.compile(r"keras(\.src)?(\.backend\.\w+)?(\.(?P<room>\w+)[.\w]*)?")
# What Keras writes for values that are no objects.
_VALUES = {"__bytes__", "__ellipsis__", "__keras_tensor__", "__numpy__", "__slice__", "__tensor__"}
_NUMBERS = re.compile(
    r"bool|b?float\d{1,2}(_\w{1,12})?|u?int\d{1,2}|complex\d{2,3}|string|<U\d{1,3}"
)


def refuse_foreign_code(config: Any, path: str) -> None:
    """Raises if building a model from a configuration could run code that is not known.

    Keras' own safe mode is on as well; this names what is in the way, before anything is
    imported.

    Args:
        config: dictionary, the configuration of a Keras model.
        path: str, where it comes from.

    Raises:
        InputError: if there is what `foreign_part` names.

    Example:

    >>> refuse_foreign_code({"class_name": "Lambda", "config": {"name": "double"}}, "a.keras")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a Keras configuration without code of its own.
    Received: 'a.keras', which has Lambda ('double'). ...
    """
    if fault := foreign_part(config, lambda _: False):
        raise InputError(
            "Expected a Keras configuration without code of its own. Received: "
            f"{path!r}, which has {fault}. If you trust the source, say so with --trust "
            "(in Python, trust=True)"
        )


def foreign_part(config: Any, is_known: Callable[[dict[str, Any]], bool] | None = None) -> str:
    """Returns what in a configuration could run code that is not known, or leave the file.

    Args:
        config: the configuration of a Keras object.
        is_known: function from the part of a configuration that describes a class or a function
            of somebody else to whether it may be built. Defaults to what is registered with
            Keras in this process.

    Returns:
        The first of these, in words, or an empty text: a Lambda layer or another that holds code;
        a class or function outside of Keras, KerasHub and this package that is not known; a
        function of Keras that is no part of a model; a file to be opened; a name that is a path.

    Example:

    >>> foreign_part({"module": "os", "class_name": "function", "config": "system"})
    "the function 'system' of 'os'"
    >>> foreign_part({"module": "keras.layers", "class_name": "Dense", "config": {"units": 2}})
    ''
    """
    known = is_known or _is_registered
    return next(filter(None, (_fault(part, known) for part in dictionaries(config))), "")


def dictionaries(config: Any) -> Iterator[dict[str, Any]]:
    """Yields all dictionaries in a configuration, however deep."""
    waiting = [config]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def packages(part: dict[str, Any]) -> set[str]:
    """Returns the packages of the module and the registration of a class or function."""
    module, registered = part.get("module"), str(part.get("registered_name"))
    found = {str(module).partition(".")[0]} if module else set()
    # Under `package>name`. What is not registered has its own name there.
    return found | ({registered.partition(">")[0]} if ">" in registered else set())


def _fault(part: dict[str, Any], is_known: Callable[[dict[str, Any]], bool]) -> str:
    """Returns the unknown part of one dictionary of a configuration, or an empty text."""
    for key in _FILES:
        if isinstance(part.get(key), str):
            return f"a file to be opened, {key}={quoted(part[key])}"
    if _is_path(part.get("name")):
        return f"a name that is a path, {quoted(part['name'])}"
    name = part.get("class_name")
    if not isinstance(name, str):
        return ""
    config = part.get("config")
    if is_known(part):
        return ""
    label = config.get("name") if isinstance(config, dict) else config
    if name in _CODE:
        return f"{name} ({quoted(label)})"
    if name.startswith("__"):
        return "" if _is_value(name, config) else f"the value {quoted(name)} ({quoted(config)})"
    what = f"the function {quoted(label)}" if name == "function" else f"the class {quoted(name)}"
    if part.get("module", "") is None and ">" not in str(part.get("registered_name")):
        return f"{what}, which is not Keras'"
    if foreign := packages(part) - _KNOWN:
        return f"{what} of {quoted(min(foreign))}"
    if not _is_of_models(part.get("module"), config if name == "function" else name):
        return f"{what} of {quoted(part.get('module'))}, which is no part of a model"
    return ""


def _is_registered(part: dict[str, Any]) -> bool:
    """Whether somebody registered a class or function in this process, where Keras looks first."""
    keras: Any = sys.modules.get("keras")
    name = part.get("registered_name", part["class_name"])
    if part["class_name"] == "function":
        name = part.get("config")
    known = isinstance(name, str) and keras is not None
    return known and keras.saving.get_registered_object(name) is not None


def _is_of_models(module: Any, name: Any) -> bool:
    """Whether a name, if it is one of Keras', is where Keras has what models are made of."""
    if str(module).partition(".")[0] != "keras":
        return True
    found = _MODULE.fullmatch(str(module))
    if found is None or not isinstance(name, str) or not name.isidentifier():
        return False
    room = found["room"] or "models"
    # Functions beside the models read and write files.
    return room in _ROOMS and (room != "models" or name[0].isupper())


def _is_value(name: str, config: Any) -> bool:
    """Whether it is one that Keras writes, of numbers where it says of which type."""
    if name not in _VALUES:
        return False
    kind = config.get("dtype", "bool") if isinstance(config, dict) else "bool"
    return isinstance(kind, str) and _NUMBERS.fullmatch(kind) is not None


def _is_path(name: Any) -> bool:
    """Whether a name of a layer leads elsewhere, where Keras makes a path of it."""
    if not isinstance(name, str):
        return False
    steps = name.replace("\\", "/").split("/")
    return ".." in steps or name.startswith(("/", "\\")) or "\0" in name
