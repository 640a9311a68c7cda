"""Keras without TensorFlow that nothing else has imported.

On every backend Keras imports TensorFlow, wherever it is installed, when it sets a seed and when
it saves an object, to see whether there is something of TensorFlow's to seed or to save. That
takes seconds, and what was never imported has nothing.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def tensorflow_if_imported() -> Iterator[None]:
    """Inside a `with` block, Keras seeds and saves what is TensorFlow's only if it is imported.

    Yields:
        None.

    Example:

    >>> import keras
    >>> with tensorflow_if_imported():
    ...     keras.utils.set_random_seed(0)
    """
    from keras.src.saving import serialization_lib
    from keras.src.utils import rng_utils

    modules: tuple[Any, ...] = (serialization_lib, rng_utils)
    former = [module.tf for module in modules]
    for module, tensorflow in zip(modules, former, strict=True):
        module.tf = _IfImported(tensorflow)
    try:
        yield
    finally:
        for module, tensorflow in zip(modules, former, strict=True):
            module.tf = tensorflow


class _IfImported:
    """What stands for TensorFlow in modules of Keras that first ask whether it is there."""

    def __init__(self, tensorflow: Any) -> None:
        self._tensorflow = tensorflow

    @property
    def available(self) -> bool:
        return "tensorflow" in sys.modules and self._tensorflow.available

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tensorflow, name)
