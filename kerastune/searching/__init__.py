"""A search for the settings of a recipe: train, judge on the validation samples, tune again.

Not to be confused with `kerastune.tuning`, which is what a single training tunes of a model, and
with `kerastune compare --tune`, which looks for the fastest settings of a machine.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerastune.searching.found import Found
    from kerastune.searching.search import tune
    from kerastune.searching.space import Choices, Range

_MODULES = {"Choices": "space", "Found": "found", "Range": "space", "tune": "search"}

__all__ = ["Choices", "Found", "Range", "tune"]


def __getattr__(name: str) -> Any:
    """Takes a public name from its module when it is first asked for."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
