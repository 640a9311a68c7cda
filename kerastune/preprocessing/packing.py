"""Token ids in rows of one length, as the layers of KerasHub pack them, without Keras' calls.

A call of a Keras layer looks at every number of nested lists, several times: for 32 sentences
that took most of the time of preparing them.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kerastune.preprocessing.padding import padded

# Nothing, one word, and more than fits.
_PROBES = ("", "word", "words and " * 40)


def packed_by_layer(layer: Any, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Returns what a layer of KerasHub makes of texts, by calling it.

    Args:
        layer: a KerasHub text classifier preprocessor.
        texts: sequence of str.

    Returns:
        Dictionary from the name of a backbone's input to an array of shape `(texts, length)`.
    """
    # One more sentence lets an empty list pass, which KerasHub refuses.
    with keras.device("cpu:0"):
        tensors = layer([*texts, ""])
    return {
        name: np.asarray(keras.ops.convert_to_numpy(value))[: len(texts)]
        for name, value in tensors.items()
    }


def packed(layer: Any, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Returns the same as `packed_by_layer`, by NumPy; for layers that `can_pack` is true of.

    Args:
        layer: a KerasHub text classifier preprocessor, built.
        texts: sequence of str.
    """
    start, end = list(layer.packer.start_value or ()), list(layer.packer.end_value or ())
    length, pad = layer.sequence_length, layer.tokenizer.pad_token_id
    room = length - len(start) - len(end)
    with keras.device("cpu:0"):
        found = layer.tokenizer.tokenize(list(texts)) if len(texts) else []
    filled = ([*start, *ids[:room], *end] for ids in found)
    tokens = padded(filled, len(texts), length, pad)
    return {
        "token_ids": tokens,
        "padding_mask": tokens != pad,
        "segment_ids": np.zeros_like(tokens),
    }


def can_pack(layer: Any) -> bool:
    """Returns whether `packed` does what a layer does: both are tried on a few texts.

    Args:
        layer: a KerasHub text classifier preprocessor, built.
    """
    try:
        ours = packed(layer, _PROBES)
    # Layers pack in other ways, and their parts have other names.
    except Exception:
        return False
    theirs = packed_by_layer(layer, _PROBES)
    return all(
        name in ours and ours[name].dtype == values.dtype and np.array_equal(ours[name], values)
        for name, values in theirs.items()
    )
