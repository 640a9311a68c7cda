"""Nested settings, such as those of a run."""

from collections.abc import Mapping
from typing import Any


def flat(settings: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Returns nested settings as one dictionary, names joined by dots.

    Args:
        settings: dictionary of plain data.
        before: str, what names begin with. Defaults to nothing.

    Example:

    >>> flat({"seed": 0, "checkpoints": {"every_steps": 9}})
    {'seed': 0, 'checkpoints.every_steps': 9}
    """
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            found |= flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found
