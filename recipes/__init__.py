"""Complete jobs, one function each: plain arguments in, a `Result` out.

Importing a recipe loads no framework; calling it does.
"""

from kerastune.recipes.image_classification import image_classification
from kerastune.recipes.image_regression import image_regression
from kerastune.recipes.lenet import lenet
from kerastune.recipes.linear_regression import linear_regression
from kerastune.recipes.text_classification import text_classification

__all__ = [
    "image_classification",
    "image_regression",
    "lenet",
    "linear_regression",
    "text_classification",
]

if __name__ == "recipes":
    # The old name, at the top of a checkout: until version 0.2 it stands for the same modules.
    import importlib
    import pkgutil
    import sys
    import warnings

    warnings.warn(
        "`import recipes` is now `from kerastune import recipes`. Version 0.2 drops the old name.",
        DeprecationWarning,
        stacklevel=2,
    )
    package = importlib.import_module("kerastune.recipes")
    sys.modules[__name__] = package
    for found in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"kerastune.recipes.{found.name}")
        sys.modules[f"{__name__}.{found.name}"] = module
