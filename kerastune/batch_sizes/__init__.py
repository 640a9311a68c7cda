"""How many samples a training step can take at once, told from the memory model before it runs."""

import importlib
from typing import TYPE_CHECKING, Any

from kerastune.batch_sizes.memory_sizes import memory_size

if TYPE_CHECKING:
    from kerastune.batch_sizes.comparison import compare_batch_sizes
    from kerastune.batch_sizes.largest import BatchMemory, largest_batch_size

_MODULES = {
    "BatchMemory": "largest",
    "compare_batch_sizes": "comparison",
    "largest_batch_size": "largest",
}

__all__ = ["BatchMemory", "compare_batch_sizes", "largest_batch_size", "memory_size"]


def __getattr__(name: str) -> Any:
    """Take a public name from its module when it is first asked for."""
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
