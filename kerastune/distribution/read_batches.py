"""Batches that are read when they are asked for, of which a process can read its part."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import grain


@dataclass(frozen=True)
class ReadBatches:
    """Batches by the positions of their samples, read when they are asked for.

    Args:
        positions: `grain.MapDataset` of int arrays, those of each batch, or of whatever `read`
            takes.
        read: function from positions to a batch, a tuple such as `(x, y)`.
        is_by_sample: bool, whether a sample is read alike whatever else is in its batch. Defaults
            to False.
        examples: function to a sequence of batches that differ in each axis in which any two of
            these can, but for the first one. It is called where shapes have to be told
            beforehand. Defaults to one without any, where all are of one shape.

    Example:

    >>> import grain
    >>> batches = ReadBatches(grain.MapDataset.source([[0, 1], [2]]), lambda places: (places,))
    >>> list(batches)
    [([0, 1],), ([2],)]
    """

    positions: "grain.MapDataset"
    read: Callable[[Any], Any]
    is_by_sample: bool = False
    examples: Callable[[], Sequence[Any]] = tuple

    def __iter__(self) -> Iterator[Any]:
        return iter(self.dataset())

    def dataset(self) -> "grain.IterDataset":
        """The batches as a data set of Grain, a few of them read beforehand."""
        return read_ahead(self.positions.map(self.read))


def batches_of_ends(read: Callable[[np.ndarray], Any], lengths: np.ndarray | None) -> list[Any]:
    """Returns the shortest and the longest sample, each as a batch.

    Args:
        read: function from positions to a batch.
        lengths: int array, the length of each sample, or None where all are of one.

    Example:

    >>> batches_of_ends(lambda places: places.tolist(), np.array([3, 9, 1]))
    [[2], [1]]
    >>> batches_of_ends(lambda places: places.tolist(), None)
    []
    """
    if lengths is None:
        return []
    return [read(np.array([place])) for place in (np.argmin(lengths), np.argmax(lengths))]


def read_ahead(batches: "grain.MapDataset") -> "grain.IterDataset":
    """Returns batches to iterate over, a few of them read beforehand.

    Grain's own default reads 500 elements ahead with 16 threads, which suits single samples.

    Args:
        batches: a `grain.MapDataset` whose elements are batches.

    Returns:
        A `grain.IterDataset`.

    Example:

    >>> import grain
    >>> list(read_ahead(grain.MapDataset.range(3)))
    [0, 1, 2]
    """
    # Imported here: a job that is only built or counted needs no pipeline.
    import grain

    # Two threads keep the order and hide the reading; four batches are little memory.
    return batches.to_iter_dataset(grain.ReadOptions(num_threads=2, prefetch_buffer_size=4))


def for_keras(batches: Any) -> Any:
    """Returns batches as `fit`, `evaluate` and `predict` take them.

    Args:
        batches: `ReadBatches`, a `grain.IterDataset`, or anything else.

    Returns:
        A `grain.IterDataset`, on TensorFlow a `tf.data.Dataset`; anything else as it is.

    Example:

    >>> for_keras([1, 2])
    [1, 2]
    """
    import grain

    from kerastune.backends.tensorflow_batches import as_backend_reads

    if isinstance(batches, ReadBatches):
        return as_backend_reads(batches.dataset(), batches.examples)
    return as_backend_reads(batches) if isinstance(batches, grain.IterDataset) else batches


def for_fit(arguments: dict[str, Any]) -> dict[str, Any]:
    """Returns arguments of `model.fit` with their batches as it takes them.

    Args:
        arguments: dictionary of arguments, of which `x` and `validation_data` may be
            `ReadBatches`.

    Example:

    >>> for_fit({"x": [1, 2], "epochs": 3})
    {'x': [1, 2], 'epochs': 3}
    """
    batches: Iterable[str] = {"x", "validation_data"} & arguments.keys()
    return {**arguments, **{name: for_keras(arguments[name]) for name in batches}}
