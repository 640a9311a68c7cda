"""Training on all devices of a machine, or of several: one path for all backends above it.

An existing launcher starts the processes, and its variables are read; `shared_fit` spreads one
call of `model.fit`. Like `kerastune.backends`, this room may ask which backend runs.
"""

from kerastune.distribution.fitting import shared_fit
from kerastune.distribution.launchers import LAUNCHERS, Launch, find_launch
from kerastune.distribution.processes import (
    DISTRIBUTIONS,
    any_process,
    distributed,
    from_first,
    is_distributed,
    is_first,
    place,
    require_distribution,
    seen_here,
    value_from_first,
)

__all__ = [
    "DISTRIBUTIONS",
    "LAUNCHERS",
    "Launch",
    "any_process",
    "distributed",
    "find_launch",
    "from_first",
    "is_distributed",
    "is_first",
    "place",
    "require_distribution",
    "seen_here",
    "shared_fit",
    "value_from_first",
]
