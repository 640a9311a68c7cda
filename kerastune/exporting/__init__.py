"""Runs exported for other runtimes, each artefact run and compared with Keras."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerastune.exporting.making import export
    from kerastune.exporting.outcome import Artefact, Export

_MODULES = {"Artefact": "outcome", "Export": "outcome", "export": "making"}

__all__ = ["Artefact", "Export", "export"]


def __getattr__(name: str) -> Any:
    """Takes a public name from its module when it is first asked for."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
