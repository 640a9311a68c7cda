"""Heads: the layers, loss, metrics and decoding that turn features into answers."""

from kerastune import backends

backends.select()

from kerastune.heads.attach import POOLINGS, attach
from kerastune.heads.classification import (
    Classification,
    balanced_class_weights,
)
from kerastune.heads.regression import Regression

__all__ = ["POOLINGS", "Classification", "Regression", "attach", "balanced_class_weights"]
