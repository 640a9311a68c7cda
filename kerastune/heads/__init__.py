"""Heads: the layers, loss, metrics and decoding that turn features into answers."""

from kerastune import backends

backends.select()

from kerastune.heads.attach import POOLINGS, attach  # noqa: E402
from kerastune.heads.classification import (  # noqa: E402
    Classification,
    balanced_class_weights,
)
from kerastune.heads.regression import Regression  # noqa: E402

__all__ = ["POOLINGS", "Classification", "Regression", "attach", "balanced_class_weights"]
