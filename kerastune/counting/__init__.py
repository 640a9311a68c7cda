"""What models cost, side by side, before any of them takes memory.

Everything here returns objects; nothing prints. A `Table` gives what it holds as a dictionary,
a Polars data frame, CSV, Markdown or HTML, and shows itself in a terminal through rich.
"""

import importlib
from typing import TYPE_CHECKING, Any

from kerastune import backends

backends.select()

from kerastune.counting.difference import difference
from kerastune.counting.tables import BY, breakdown, compare_models
from kerastune.counting.weights import KINDS, ModelCount, Weight, count_model
from kerastune.display import Column, Table

if TYPE_CHECKING:
    from kerastune.counting.cost import compare_memory, compare_operations
    from kerastune.counting.layers.catalogue import LAYERS
    from kerastune.counting.layers.comparison import compare_layers
    from kerastune.counting.memory.training import Memory, training_memory
    from kerastune.counting.operations.count import count_operations
    from kerastune.counting.operations.counts import Operations
    from kerastune.counting.plans.comparison import compare_plans
    from kerastune.params.sources.open import open_model, open_models
    from kerastune.params.sources.texts import model_names

# What a count of a model in hand does not need, for it takes a part of the time of a count. What
# opens models by name knows recipes too, so that it is above this room.
_IMPORTED_LATER = {
    "kerastune.counting.cost": ("compare_memory", "compare_operations"),
    "kerastune.counting.layers.catalogue": ("LAYERS",),
    "kerastune.counting.layers.comparison": ("compare_layers",),
    "kerastune.counting.memory.training": ("Memory", "training_memory"),
    "kerastune.counting.operations.count": ("count_operations",),
    "kerastune.counting.operations.counts": ("Operations",),
    "kerastune.counting.plans.comparison": ("compare_plans",),
    "kerastune.params.sources.open": ("open_model", "open_models"),
    "kerastune.params.sources.texts": ("model_names",),
}
_MODULES = {name: module for module, names in _IMPORTED_LATER.items() for name in names}

__all__ = [
    "BY",
    "KINDS",
    "LAYERS",
    "Column",
    "Memory",
    "ModelCount",
    "Operations",
    "Table",
    "Weight",
    "breakdown",
    "compare_layers",
    "compare_memory",
    "compare_models",
    "compare_operations",
    "compare_plans",
    "count_model",
    "count_operations",
    "difference",
    "model_names",
    "open_model",
    "open_models",
    "training_memory",
]


def __getattr__(name: str) -> Any:
    """Import what is not needed for a count of a model in hand when it is first asked for."""
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'kerastune.counting' has no attribute {name!r}")
