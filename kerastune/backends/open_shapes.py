"""Batches whose shapes differ, told to TensorFlow before they come."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kerastune.backends.choice import select

select()

import keras
import numpy as np


def with_open_shapes(
    batches: Iterable[Any], examples: Callable[[], Sequence[Any]]
) -> Iterable[Any]:
    """Returns batches for `fit`, `evaluate` or `predict`, whose shapes may differ on TensorFlow.

    Keras gives TensorFlow the shapes of the first two batches as those of all: where samples are
    padded to one of a few lengths, a later batch of another length is refused.

    Args:
        batches: iterable of structures of arrays, which can be read again.
        examples: function to a sequence of such batches that differ in each axis in which any two
            batches can, but for the first one; it is called on TensorFlow alone.

    Returns:
        A `tf.data.Dataset` on TensorFlow where the examples differ, else the batches as they are.

    Example:

    >>> batches = [(np.zeros((2, 4)), np.zeros(2))]
    >>> with_open_shapes(batches, lambda: batches) is batches
    True
    """
    if keras.backend.backend() != "tensorflow":
        return batches
    found = examples()
    if not _differ(found):
        return batches
    import tensorflow as tf

    def signature(*leaves: np.ndarray) -> Any:
        shapes = zip(*(leaf.shape[1:] for leaf in leaves), strict=True)
        sizes = [axis[0] if len(set(axis)) == 1 else None for axis in shapes]
        return tf.TensorSpec((None, *sizes), leaves[0].dtype)

    def as_tuples() -> Iterable[Any]:
        return (keras.tree.lists_to_tuples(batch) for batch in batches)

    first, *others = (keras.tree.lists_to_tuples(example) for example in found)
    shapes = keras.tree.map_structure(signature, first, *others)
    return tf.data.Dataset.from_generator(as_tuples, output_signature=shapes)


def _differ(examples: Sequence[Any]) -> bool:
    """Whether batches differ in more than how many samples they have."""
    shapes = {
        tuple(np.shape(leaf)[1:] for leaf in keras.tree.flatten(example)) for example in examples
    }
    return len(shapes) > 1
