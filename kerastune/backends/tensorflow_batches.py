"""Batches of Grain as TensorFlow had better read them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from kerastune.backends.choice import select

select()

import keras
import numpy as np

if TYPE_CHECKING:
    import grain

_READ_BEFORE = 2  # Batches.


def as_backend_reads(
    batches: "grain.IterDataset", examples: Callable[[], Sequence[Any]] = tuple
) -> Any:
    """Returns batches of Grain for `fit`, `evaluate` or `predict`, as a `tf.data.Dataset` there.

    Keras makes one too, but gives it the shapes of the first two batches as those of all: where
    samples are padded to one of a few lengths, a later batch of another length is refused. And
    TensorFlow would tune the pipeline, of which nothing here can be tuned, in a thread that sleeps
    for 10 ms, then 20 ms and so on up to a minute. Who is done with the batches waits for its end:
    TensorFlow 2.21 wakes it before it notes that the reading is cancelled, so that it mostly
    sleeps on.

    Args:
        batches: a `grain.IterDataset` whose elements are batches, structures of arrays.
        examples: function to a sequence of such batches that differ in each axis in which any two
            batches can, but for the first one; it is called on TensorFlow alone. Defaults to one
            without any, where all are of one shape.

    Returns:
        A `tf.data.Dataset` on TensorFlow; elsewhere, and where Keras cannot tell what they are,
        such as texts, the batches.

    Example:

    >>> import grain
    >>> batches = grain.MapDataset.source([np.zeros((2, 4))]).to_iter_dataset()
    >>> [tuple(batch.shape) for batch in as_backend_reads(batches)]
    [(2, 4)]
    """
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow as tf
    from keras.src.trainers.data_adapters.grain_dataset_adapter import GrainDatasetAdapter

    # TensorFlow's signatures know no lists.
    batches, found = batches.map(keras.tree.lists_to_tuples), examples()
    if _differ(found):
        read = _of_open_shapes(batches, found)
    else:
        try:
            read = GrainDatasetAdapter(batches).get_tf_dataset()
        except ValueError:
            # It knows no texts, of which tasks of KerasHub make numbers before it reads them.
            return batches
    options = tf.data.Options()
    options.autotune.enabled = False
    # Without, each step waits until Python has handed over its batch.
    return read.prefetch(_READ_BEFORE).with_options(options)


def _of_open_shapes(batches: "grain.IterDataset", examples: Sequence[Any]) -> Any:
    """A `tf.data.Dataset` whose shapes are open where those of the examples differ."""
    import tensorflow as tf

    def signature(*leaves: np.ndarray) -> Any:
        shapes = zip(*(leaf.shape[1:] for leaf in leaves), strict=True)
        sizes = [axis[0] if len(set(axis)) == 1 else None for axis in shapes]
        return tf.TensorSpec((None, *sizes), leaves[0].dtype)

    first, *others = (keras.tree.lists_to_tuples(example) for example in examples)
    shapes = keras.tree.map_structure(signature, first, *others)
    return tf.data.Dataset.from_generator(lambda: batches, output_signature=shapes)


def _differ(examples: Sequence[Any]) -> bool:
    """Whether batches differ in more than how many samples they have."""
    shapes = {
        tuple(np.shape(leaf)[1:] for leaf in keras.tree.flatten(example)) for example in examples
    }
    return len(shapes) > 1
