"""Adapters out of plain data, as plans and files have them."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from kerastune.errors import InputError, closest
from kerastune.tuning.adapters.adapter import Adapter


def adapter_from(values: Any) -> Adapter:
    """Returns the adapters that `Adapter.to_dict` described.

    Args:
        values: an `Adapter`, a str, the name of a method, or a dictionary with `method` and its
            settings. Methods of one's own are known once their class is imported.

    Raises:
        InputError: if the method or a setting is unknown, or a setting out of its range.

    Example:

    >>> from kerastune.tuning import LoRA
    >>> adapter_from({"method": "lora", "rank": 4}) == LoRA(rank=4)
    True
    """
    if isinstance(values, Adapter):
        return values
    if isinstance(values, str):
        values = {"method": values}
    if not isinstance(values, dict) or "method" not in values:
        raise InputError(f"Expected adapters as a dictionary with a `method`. Received: {values!r}")
    methods = {kind.method: kind for kind in _kinds(Adapter)}
    given = dict(values)
    name = given.pop("method")
    if name not in methods:
        raise InputError(
            f"Expected a method of adapters out of {', '.join(methods)}. Received: {name!r}."
            + closest(str(name), list(methods))
        )
    known = [field.name for field in fields(methods[name])]
    for setting in given:
        if setting not in known:
            raise InputError(
                f"Expected settings of {name!r} out of {', '.join(known)}. Received: {setting!r}."
                + closest(str(setting), known)
            )
    return methods[name](**given)


def _kinds(base: Any) -> Iterator[Any]:
    """The classes of adapters that are known."""
    for kind in base.__subclasses__():
        if hasattr(kind, "method"):
            yield kind
        yield from _kinds(kind)
