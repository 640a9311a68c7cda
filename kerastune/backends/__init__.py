"""The one place that knows which backend runs.

Keras reads `KERAS_BACKEND` once, when it is first imported, and the choice then holds
for the process. Every room that imports Keras calls `select` first, so that the
backend is the same whichever room is entered first. Names that are not part of Keras'
public interface are used here and nowhere else, each with a test that fails when
Keras changes it.
"""

from kerastune.backends.choice import BACKENDS, installed, select
from kerastune.backends.environment import (
    PRECISIONS,
    devices,
    precision,
    seed_everything,
    set_precision,
    versions,
)
from kerastune.backends.layers import nested_layers, use_exact_gelu

__all__ = [
    "BACKENDS",
    "PRECISIONS",
    "devices",
    "installed",
    "nested_layers",
    "precision",
    "seed_everything",
    "select",
    "set_precision",
    "use_exact_gelu",
    "versions",
]
