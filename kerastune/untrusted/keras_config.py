"""A check of what building a model from a configuration of Keras would run or read."""

from collections.abc import Iterator
from typing import Any

from kerastune.errors import InputError
from kerastune.untrusted.reading import quoted

_KNOWN = {"keras", "keras_hub", "kerastune", "builtins"}
# Layers of Keras whose configuration holds code, or names a file that does.
_CODE = ("Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
# Keras saves these beside the configuration; in it, they name a file to open.
_FILES = ("vocabulary", "merges", "proto")


def refuse_foreign_code(config: dict[str, Any], path: str) -> None:
    """Raises if building a model from a configuration could run code that is not known.

    Keras' own safe mode is on as well; this names what is in the way, before anything is
    imported.

    Args:
        config: dictionary, the configuration of a Keras model.
        path: str, where it comes from.

    Raises:
        InputError: if there is a Lambda layer, a class or function outside of Keras,
            KerasHub and this package, or a file to be opened.

    Example:

    >>> refuse_foreign_code({"class_name": "Lambda", "config": {"name": "double"}}, "a.keras")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a Keras configuration without code of its own.
    Received: 'a.keras', which has Lambda ('double'). ...
    """
    for part in dictionaries(config):
        if fault := _fault(part):
            raise InputError(
                "Expected a Keras configuration without code of its own. Received: "
                f"{path!r}, which has {fault}. If you trust the source, say so with --trust "
                "(in Python, trust=True)"
            )


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


def _fault(part: dict[str, Any]) -> str:
    """Returns the unknown part of one dictionary of a configuration, or None."""
    for key in _FILES:
        if isinstance(part.get(key), str):
            return f"a file to be opened, {key}={quoted(part[key])}"
    name = part.get("class_name")
    if not isinstance(name, str):
        return ""
    config = part.get("config")
    label = config.get("name") if isinstance(config, dict) else config
    if name in _CODE:
        return f"{name} ({quoted(label)})"
    what = f"the function {quoted(label)}" if name == "function" else f"the class {quoted(name)}"
    if part.get("module", "") is None and ">" not in str(part.get("registered_name")):
        return f"{what}, which is not Keras'"
    if foreign := packages(part) - _KNOWN:
        return f"{what} of {quoted(min(foreign))}"
    return ""
