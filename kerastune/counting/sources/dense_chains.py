"""Dense layers in a row, by their widths: `mlp_784_128_10`."""

import re

import keras

from kerastune.counting.sources.building import count_abstract
from kerastune.counting.weights import ModelCount

_WIDTHS = re.compile(r"mlp((?:_[1-9]\d*){2,})")


def count_dense_chain(name: str) -> ModelCount | None:
    """Count dense layers with ReLU between them.

    Args:
        name: str, `mlp_A_B_..._Z`, from A inputs to Z outputs.

    Returns:
        A `ModelCount`, or None for a name of another form.

    Example:

    >>> count_dense_chain("mlp_784_128_10").parameters
    101770
    """
    found = _WIDTHS.fullmatch(name)
    if found is None:
        return None
    first, *hidden, last = (int(width) for width in found[1].split("_")[1:])

    def build() -> keras.Model:
        layers = [keras.layers.Dense(width, activation="relu") for width in hidden]
        return keras.Sequential([keras.Input((first,)), *layers, keras.layers.Dense(last)])

    return count_abstract(build, name, expected="widths that Keras can build")
