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
        data,
        evaluation,
        heads,
        models,
        reporting,
        runs,
        training,
        tuning,
    )
    from kerastune.errors import InputError, MissingExtraError
    from kerastune.models import load_backbone
    from kerastune.result import Result, load
    from kerastune.tuning import NoMatchError, Plan, Stage

_ROOMS = {
    "backends",
    "data",
    "evaluation",
    "heads",
    "models",
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
    "load": "kerastune.result",
    "load_backbone": "kerastune.models",
}

__all__ = [
    "InputError",
    "MissingExtraError",
    "NoMatchError",
    "Plan",
    "Result",
    "Stage",
    "backends",
    "data",
    "evaluation",
    "heads",
    "load",
    "load_backbone",
    "models",
    "reporting",
    "runs",
    "training",
    "tuning",
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
