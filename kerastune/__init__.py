"""Backend-agnostic models and fine-tuning recipes for Keras 3.

Rooms and names are imported when they are first used, so that `import kerastune` loads
no framework.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from kerastune import (
        backends,
        counting,
        data,
        evaluation,
        heads,
        models,
        recipes,
        reporting,
        runs,
        training,
        tuning,
    )
    from kerastune.errors import InputError, MissingExtraError
    from kerastune.models import load_backbone
    from kerastune.result import Result, load
    from kerastune.training import TrainabilityGuard, fine_tune
    from kerastune.tuning import (
        NoMatchError,
        Plan,
        Stage,
        find_learning_rate,
        freeze,
        freeze_to,
        layer_groups,
        layerwise,
        plans,
        unfreeze,
    )

_ROOMS = {
    "backends",
    "counting",
    "data",
    "evaluation",
    "heads",
    "models",
    "recipes",
    "reporting",
    "runs",
    "training",
    "tuning",
}

_NAMES = {
    "InputError": "kerastune.errors",
    "MissingExtraError": "kerastune.errors",
    "NoMatchError": "kerastune.tuning",
    "Plan": "kerastune.tuning",
    "Result": "kerastune.result",
    "Stage": "kerastune.tuning",
    "TrainabilityGuard": "kerastune.training",
    "find_learning_rate": "kerastune.tuning",
    "fine_tune": "kerastune.training",
    "freeze": "kerastune.tuning",
    "freeze_to": "kerastune.tuning",
    "layer_groups": "kerastune.tuning",
    "layerwise": "kerastune.tuning",
    "load": "kerastune.result",
    "load_backbone": "kerastune.models",
    "plans": "kerastune.tuning",
    "unfreeze": "kerastune.tuning",
}

__all__ = [
    "InputError",
    "MissingExtraError",
    "NoMatchError",
    "Plan",
    "Result",
    "Stage",
    "TrainabilityGuard",
    "backends",
    "counting",
    "data",
    "evaluation",
    "find_learning_rate",
    "fine_tune",
    "freeze",
    "freeze_to",
    "heads",
    "layer_groups",
    "layerwise",
    "load",
    "load_backbone",
    "models",
    "plans",
    "recipes",
    "reporting",
    "runs",
    "training",
    "tuning",
    "unfreeze",
]


def __getattr__(name: str) -> Any:
    """Import a room, or take a name from its room, when it is first asked for."""
    if name in _ROOMS:
        return importlib.import_module(f"kerastune.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'kerastune' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, those not imported yet included."""
    return sorted([*globals(), *__all__])
