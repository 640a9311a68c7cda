"""One recipe or model on several backends: whether they do the same, and where they differ.

A process for each backend (`worker`, `work`) writes what it computed; `judging` compares that with
NumPy alone, and no framework is loaded for it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerastune.comparison.comparing import compare
    from kerastune.comparison.comparison import Comparison
    from kerastune.comparison.judging.tolerances import Tolerances

_MODULES = {"Comparison": "comparison", "Tolerances": "judging.tolerances", "compare": "comparing"}

__all__ = ["Comparison", "Tolerances", "compare"]


def __getattr__(name: str) -> Any:
    """Take a public name from its module when it is first asked for."""
    import importlib

    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
