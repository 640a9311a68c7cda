"""Which layer of a model on one backend is which on another.

A layer may take another way on a backend, such as attention by one fused operation, and then does
not call some of the layers that it holds.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

_NUMBER = re.compile(r"_\d+$")


def key_of(part: Any) -> str:
    """What a layer is known by on every backend: its class and its name without a count.

    Args:
        part: a layer or an operation.

    Example:

    >>> import keras
    >>> key_of(keras.layers.Dense(1, name="dense_3"))
    'Dense dense'
    """
    return f"{type(part).__name__} {_NUMBER.sub('', part.name)}"


def aligned(reference: Sequence[str], own: Sequence[str]) -> list[int | None]:
    """For each layer of the reference the place of the same layer here.

    Args:
        reference: sequence of str, the keys of the reference's layers in their order.
        own: sequence of str, those of this backend.

    Returns:
        List of int, or None where there is none here. Layers in the place of others, one for one,
        count as the same: that they are of another class is a difference to be told.

    Example:

    >>> aligned(["Dense a", "Softmax s", "Dense b"], ["Dense a", "Dense b"])
    [0, None, 1]
    >>> aligned(["Dense a", "ReLU r"], ["Dense a", "LeakyReLU r"])
    [0, 1]
    """
    found: list[int | None] = [None] * len(reference)
    matcher = SequenceMatcher(None, reference, own, autojunk=False)
    for kind, begin, end, own_begin, own_end in matcher.get_opcodes():
        if kind == "equal" or (kind == "replace" and end - begin == own_end - own_begin):
            found[begin:end] = range(own_begin, own_end)
    return found
