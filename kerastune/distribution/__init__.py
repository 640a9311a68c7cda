"""Training on all devices of a machine, or of several: one path for all backends above it.

An existing launcher starts the processes, and its variables are read; `shared_fit` spreads one
call of `model.fit`. Like `kerastune.backends`, this room may ask which backend runs.
"""

from kerastune.distribution.fitting import shared_fit
from kerastune.distribution.launchers import LAUNCHERS, Launch, find_launch
from kerastune.distribution.processes import (
    any_process,
    distributed,
    from_first,
    is_distributed,
    is_first,
    place,
    reads_alone,
    seen_here,
    value_from_first,
)
from kerastune.distribution.settings import (
    DISTRIBUTIONS,
    ModelParallel,
    distribution_settings,
)

__all__ = [
    "DISTRIBUTIONS",
    "LAUNCHERS",
    "Launch",
    "ModelParallel",
    "any_process",
    "distributed",
    "distribution_settings",
    "find_launch",
    "from_first",
    "is_distributed",
    "is_first",
    "place",
    "reads_alone",
    "seen_here",
    "shared_fit",
    "value_from_first",
]
