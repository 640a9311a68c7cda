"""The models of this project, by name."""

import re
from collections.abc import Callable

import keras
import numpy as np

from kerastune.counting.sources.building import count_abstract
from kerastune.counting.weights import ModelCount
from kerastune.heads import Classification, Regression, attach
from kerastune.models import lenet, small_resnet, standardised_columns

_DIGITS = tuple("0123456789")
_DIABETES_COLUMNS = 10
_CHAIN = re.compile(r"mlp((?:_[1-9]\d*){2,})")


def count_own_model(name: str) -> ModelCount | None:
    """Count a model of this project, head included, as its recipe builds it.

    Args:
        name: str, one of `OWN_MODELS`, or `mlp_A_B_..._Z`: dense layers from A inputs
            to Z outputs, with ReLU between them.

    Returns:
        A `ModelCount`, or None if no model of this project has that name.

    Example:

    >>> count_own_model("lenet").parameters, count_own_model("mlp_784_128_10").parameters
    (225034, 101770)
    """
    if name in OWN_MODELS:
        build, note = OWN_MODELS[name]
        return count_abstract(build, name, expected="a model of this project", notes=(note,))
    if found := _CHAIN.fullmatch(name):
        widths = [int(width) for width in found[1].split("_")[1:]]
        return count_abstract(
            lambda: _dense_chain(widths), name, expected="widths that Keras can build"
        )
    return None


def _lenet() -> keras.Model:
    """The model of `kerastune.recipes.lenet` on MNIST."""
    return attach(lenet((28, 28, 1)), Classification(_DIGITS, dropout=0.5))


def _small_resnet() -> keras.Model:
    """The small network of `kerastune.recipes.image_classification`, for ten classes."""
    return attach(small_resnet((28, 28, 1)), Classification(_DIGITS), pooling="auto")


def _linear_regression() -> keras.Model:
    """The model of `kerastune.recipes.linear_regression` on the diabetes data."""
    columns = np.zeros((1, _DIABETES_COLUMNS))
    return attach(standardised_columns(columns), Regression(mean=(0.0,), standard_deviation=(1.0,)))


def _dense_chain(widths: list[int]) -> keras.Model:
    """Dense layers with ReLU between them."""
    first, *hidden, last = widths
    layers = [keras.layers.Dense(width, activation="relu") for width in hidden]
    return keras.Sequential([keras.Input((first,)), *layers, keras.layers.Dense(last)])


OWN_MODELS: dict[str, tuple[Callable[[], keras.Model], str]] = {
    "lenet": (_lenet, "images of 28 x 28 x 1, a head of ten classes"),
    "linear_regression": (_linear_regression, "ten columns, one quantity"),
    "small_resnet": (_small_resnet, "images of 28 x 28 x 1, a head of ten classes"),
}
"""What builds each model, and what it was built for."""
