"""Complete jobs, one function each: plain arguments in, a `Result` out.

A recipe's module is imported when the recipe is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recipes.lenet import lenet
    from recipes.linear_regression import linear_regression
    from recipes.text_classification import text_classification

__all__ = ["lenet", "linear_regression", "text_classification"]


def __getattr__(name: str) -> Any:
    """The recipe function of a name."""
    if name not in __all__:
        raise AttributeError(f"module 'recipes' has no recipe {name!r}")
    recipe = getattr(importlib.import_module(f"recipes.{name}"), name)
    # Importing the module has put it here under the same name; the function replaces it.
    globals()[name] = recipe
    return recipe
