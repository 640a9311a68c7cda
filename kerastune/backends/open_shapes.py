"""Batches whose shapes differ, told to TensorFlow before they come."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np


@dataclass(frozen=True)
class OpenShapes:
    """Batches of arrays whose shapes differ from one batch to another.

    Keras gives TensorFlow the shapes of the first two batches as those of all: where samples are
    padded to one of a few lengths, a later batch of another length is refused. `for_keras` tells
    the shapes of the examples instead.

    Args:
        batches: iterable of structures of arrays, which can be read again.
        examples: sequence of such batches that differ in each axis in which any two batches can,
            but for the first one.

    Example:

    >>> batches = [np.zeros((2, 4)), np.zeros((2, 8))]
    >>> [batch.shape for batch in OpenShapes(batches, examples=batches)]
    [(2, 4), (2, 8)]
    """

    batches: Iterable[Any]
    examples: Sequence[Any]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.batches)

    @property
    def differ(self) -> bool:
        """bool, whether the examples differ in more than how many samples they have."""
        shapes = {
            tuple(np.shape(leaf)[1:] for leaf in keras.tree.flatten(example))
            for example in self.examples
        }
        return len(shapes) > 1


def for_keras(batches: Iterable[Any]) -> Iterable[Any]:
    """Returns batches as `fit`, `evaluate` and `predict` take them.

    Args:
        batches: iterable of structures of arrays, `OpenShapes` where their shapes differ.

    Returns:
        A `tf.data.Dataset` on TensorFlow where the shapes differ, else the batches as they are.

    Example:

    >>> batches = [(np.zeros((2, 4)), np.zeros(2))]
    >>> for_keras(OpenShapes(batches, examples=batches)) is batches
    True
    """
    if not isinstance(batches, OpenShapes):
        return batches
    if keras.backend.backend() != "tensorflow" or not batches.differ:
        return batches.batches
    import tensorflow as tf

    def signature(*leaves: np.ndarray) -> Any:
        shapes = zip(*(leaf.shape[1:] for leaf in leaves), strict=True)
        sizes = [axis[0] if len(set(axis)) == 1 else None for axis in shapes]
        return tf.TensorSpec((None, *sizes), leaves[0].dtype)

    def as_tuples() -> Iterable[Any]:
        return (keras.tree.lists_to_tuples(batch) for batch in batches)

    first, *others = (keras.tree.lists_to_tuples(example) for example in batches.examples)
    shapes = keras.tree.map_structure(signature, first, *others)
    return tf.data.Dataset.from_generator(as_tuples, output_signature=shapes)
