"""Whether the training step of a recipe runs on a TPU or a GPU, told on a machine without one."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerastune.lowering.lowered import lower
    from kerastune.lowering.outcome import Lowering

_MODULES = {"Lowering": "outcome", "lower": "lowered"}

__all__ = ["Lowering", "lower"]


def __getattr__(name: str) -> Any:
    """Take a public name from its module when it is first asked for."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
