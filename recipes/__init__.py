"""Complete jobs, one function each: plain arguments in, a `Result` out.

Every file of this folder is a recipe, a function of the same name. Importing one loads no
framework; calling it does.
"""

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

__all__ = sorted(
    found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_")
)

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Returns the recipe of that name."""

else:
    globals().update(
        {
            name: getattr(importlib.import_module(f"kerastune.recipes.{name}"), name)
            for name in __all__
        }
    )

if __name__ == "recipes":
    # The old name, at the top of a checkout: until version 0.2 it stands for the same modules.
    import sys
    import warnings

    warnings.warn(
        "`import recipes` is now `from kerastune import recipes`. Version 0.2 drops the old name.",
        DeprecationWarning,
        stacklevel=2,
    )
    sys.modules[__name__] = importlib.import_module("kerastune.recipes")
    for name in __all__:
        sys.modules[f"{__name__}.{name}"] = sys.modules[f"kerastune.recipes.{name}"]
