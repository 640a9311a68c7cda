"""Optimizers beyond what Keras shows publicly: rates by layer, and going on after a change."""

from kerastune.backends.choice import select

select()

from kerastune.backends.optimizers.abstract_slots import AbstractSlots, abstract_slots
from kerastune.backends.optimizers.averaging import weight_averages
from kerastune.backends.optimizers.continuing import (
    carry_loss_scale,
    inner_optimizer,
    recompile,
    recompile_at_rate,
    recompile_with,
    restarted,
    successor,
    trained_variables,
    variable_settings_of,
)
from kerastune.backends.optimizers.layerwise import LayerwiseUpdates, layerwise_optimizer
from kerastune.backends.optimizers.masking import MaskSchedule, masks_of
from kerastune.backends.optimizers.settings import exclusions, own_learning_rate, public_config
from kerastune.backends.optimizers.slots import carry_shared_state, carry_slots, slots
from kerastune.backends.optimizers.variable_settings import SettingsByVariable, VariableSettings
from kerastune.renamed import renamed

__all__ = [
    "AbstractSlots",
    "LayerwiseUpdates",
    "MaskSchedule",
    "SettingsByVariable",
    "VariableSettings",
    "abstract_slots",
    "carry_loss_scale",
    "carry_shared_state",
    "carry_slots",
    "exclusions",
    "inner_optimizer",
    "layerwise_optimizer",
    "masks_of",
    "own_learning_rate",
    "public_config",
    "recompile",
    "recompile_at_rate",
    "recompile_with",
    "restarted",
    "slots",
    "successor",
    "trained_variables",
    "variable_settings_of",
    "weight_averages",
]

__getattr__ = renamed(
    __name__,
    {
        "Treatment": "VariableSettings",
        "Treatments": "SettingsByVariable",
        "trained_by": "trained_variables",
        "treatments_of": "variable_settings_of",
        "unscaled": "inner_optimizer",
    },
)
