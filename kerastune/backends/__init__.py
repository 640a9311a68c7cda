"""The one place that knows which backend runs.

Keras reads `KERAS_BACKEND` once, when it is first imported, and the choice then holds
for the process. Every room that imports Keras calls `select` first, so that the
backend is the same whichever room is entered first. Names that are not part of Keras'
public interface are used here and nowhere else, each with a test that fails when
Keras changes it.
"""

from kerastune.backends.abstract import (
    build_abstract,
    builds_abstract,
    is_abstract,
    placeholder_values,
)
from kerastune.backends.choice import (
    ALWAYS_COMPILED,
    BACKENDS,
    LOWERS,
    QUICKEST_FIRST,
    asked_backend,
    configuration_file,
    environment_of,
    installed,
    limit_threads,
    requested_backend,
    select,
)
from kerastune.backends.each_step import at_each_step
from kerastune.backends.environment import (
    PRECISIONS,
    chosen_precision,
    devices,
    precision,
    seed_everything,
    set_precision,
    versions,
)
from kerastune.backends.imported_tensorflow import tensorflow_if_imported
from kerastune.backends.jit_compile import step_compilation
from kerastune.backends.layers import (
    child_layers,
    nested_layers,
    symbolic_inputs,
    use_exact_gelu,
)
from kerastune.backends.limited_variables import limited_variables
from kerastune.backends.own_freezes import freezes_inside, frozen_inside, lora_bases
from kerastune.backends.own_state import (
    assigns_in_call,
    infer_while_frozen,
    own_and_wrapped_weights,
    own_variables,
)
from kerastune.backends.portable import random_from, random_stream
from kerastune.backends.random import kept_random_state
from kerastune.backends.sharing import shared_layers
from kerastune.backends.undrawn_weights import undrawn_weights
from kerastune.renamed import renamed

__all__ = [
    "ALWAYS_COMPILED",
    "BACKENDS",
    "LOWERS",
    "PRECISIONS",
    "QUICKEST_FIRST",
    "asked_backend",
    "assigns_in_call",
    "at_each_step",
    "build_abstract",
    "builds_abstract",
    "child_layers",
    "chosen_precision",
    "configuration_file",
    "devices",
    "environment_of",
    "freezes_inside",
    "frozen_inside",
    "infer_while_frozen",
    "installed",
    "is_abstract",
    "kept_random_state",
    "limit_threads",
    "limited_variables",
    "lora_bases",
    "nested_layers",
    "own_and_wrapped_weights",
    "own_variables",
    "placeholder_values",
    "precision",
    "random_from",
    "random_stream",
    "requested_backend",
    "seed_everything",
    "select",
    "set_precision",
    "shared_layers",
    "step_compilation",
    "symbolic_inputs",
    "tensorflow_if_imported",
    "undrawn_weights",
    "use_exact_gelu",
    "versions",
]

__getattr__ = renamed(
    __name__,
    {
        "asked_for": "requested_backend",
        "changes_itself": "assigns_in_call",
        "reach": "own_and_wrapped_weights",
    },
)
