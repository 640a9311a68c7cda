"""What models cost, side by side, before any of them takes memory.

Everything here returns objects; nothing prints. A `Table` gives what it holds as a dictionary,
a Polars data frame, CSV, Markdown or HTML, and shows itself in a terminal through rich.
"""

import importlib
from typing import TYPE_CHECKING, Any

from kerastune import backends

backends.select()

from kerastune.counting.breakdown import BY, breakdown
from kerastune.counting.comparison import compare_models, difference
from kerastune.counting.cost import compare_memory, compare_operations
from kerastune.counting.layers import LAYERS, compare_layers
from kerastune.counting.memory import Memory, inference_memory, training_memory
from kerastune.counting.operations import Operations, count_operations
from kerastune.counting.plans import compare_plans
from kerastune.counting.sources import model_names, open_model, open_models
from kerastune.counting.weights import KINDS, ModelCount, Weight, count_model
from kerastune.display import Column, Table

if TYPE_CHECKING:
    from kerastune.counting.layers.picture import layers_picture
    from kerastune.counting.page import html_page
    from kerastune.counting.pictures import breakdown_picture, plans_picture, totals_picture

# What draws takes longer to import than most models take to count.
_DRAWING = {
    "breakdown_picture": "kerastune.counting.pictures",
    "html_page": "kerastune.counting.page",
    "layers_picture": "kerastune.counting.layers.picture",
    "plans_picture": "kerastune.counting.pictures",
    "totals_picture": "kerastune.counting.pictures",
}

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
    "breakdown_picture",
    "compare_layers",
    "compare_memory",
    "compare_models",
    "compare_operations",
    "compare_plans",
    "count_model",
    "count_operations",
    "difference",
    "html_page",
    "inference_memory",
    "layers_picture",
    "model_names",
    "open_model",
    "open_models",
    "plans_picture",
    "totals_picture",
    "training_memory",
]


def __getattr__(name: str) -> Any:
    """Import what draws when it is first asked for."""
    if name in _DRAWING:
        return getattr(importlib.import_module(_DRAWING[name]), name)
    raise AttributeError(f"module 'kerastune.counting' has no attribute {name!r}")
