"""Averages of the weights of several runs, and of a run and what it started from.

Not to be confused with `ema`, an average of the weights within a single training.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerastune.soups.making import soup
    from kerastune.soups.tasted import Measured, Soup

_MODULES = {"Measured": "tasted", "Soup": "tasted", "soup": "making"}

__all__ = ["Measured", "Soup", "soup"]


def __getattr__(name: str) -> Any:
    """Takes a public name from its module when it is first asked for."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
