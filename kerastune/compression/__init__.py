"""Finished runs made smaller: their weights in fewer bits, measured before and after.

Pruning is a part of a plan, see `kerastune.tuning.Pruning`, and distillation a recipe.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerastune.compression.compressed import Compressed, Measured
    from kerastune.compression.making import compress
    from kerastune.compression.quantizing import quantize

_MODULES = {
    "Compressed": "compressed",
    "Measured": "compressed",
    "compress": "making",
    "quantize": "quantizing",
}

__all__ = ["Compressed", "Measured", "compress", "quantize"]


def __getattr__(name: str) -> Any:
    """Takes a public name from its module when it is first asked for."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
