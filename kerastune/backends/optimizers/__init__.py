"""Optimizers beyond what Keras shows publicly: rates by layer, and going on after a change."""

from kerastune.backends.choice import select

select()

from kerastune.backends.optimizers.continuing import (
    compiled_arguments,
    recompile,
    restarted,
    successor,
    trained_by,
    treatments_of,
)
from kerastune.backends.optimizers.layerwise import (
    LayerwiseUpdates,
    Treatment,
    layerwise_optimizer,
)
from kerastune.backends.optimizers.slots import carry_shared_state, carry_slots, slots

__all__ = [
    "LayerwiseUpdates",
    "Treatment",
    "carry_shared_state",
    "carry_slots",
    "compiled_arguments",
    "layerwise_optimizer",
    "recompile",
    "restarted",
    "slots",
    "successor",
    "trained_by",
    "treatments_of",
]
