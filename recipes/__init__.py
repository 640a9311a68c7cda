"""Complete jobs, one function each: plain arguments in, a `Result` out.

Importing a recipe loads no framework; calling it does.
"""

from recipes.image_classification import image_classification
from recipes.image_regression import image_regression
from recipes.lenet import lenet
from recipes.linear_regression import linear_regression
from recipes.text_classification import text_classification

__all__ = [
    "image_classification",
    "image_regression",
    "lenet",
    "linear_regression",
    "text_classification",
]
