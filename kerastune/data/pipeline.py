"""From a source to batches, with Grain: shuffled by a seed, prefetched, resumable.

Positions are shuffled and batched, not samples, so that the order depends on the seed
and the number of samples alone, and strings never pass through arrays.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kerastune.data.batches import batch_of
from kerastune.data.orders import batches_in_order, training_order
from kerastune.data.source import Source
from kerastune.distribution.read_batches import ReadBatches
from kerastune.errors import InputError

if TYPE_CHECKING:
    import grain
    import numpy as np

Batch = dict[str, Any]


def training_batches(
    source: Source,
    *,
    batch_size: int,
    seed: int,
    first_batch: int = 0,
    transform: Callable[[Batch], Any] | None = None,
    lengths: "np.ndarray | None" = None,
) -> "grain.IterDataset":
    """Returns endless shuffled batches for `model.fit`, with `steps_per_epoch` steps an epoch.

    Each epoch has every sample once, in an order of its own; its last batch may be
    smaller. The order depends on the seed and the number of samples, not on the
    backend. The position of an iterator can be saved and restored exactly:

        iterator = iter(training_batches(...))
        position = iterator.get_state()  # a dict that JSON can hold
        iterator.set_state(position)

    Args:
        source: `Source`.
        batch_size: int, samples a batch.
        seed: int, not negative.
        first_batch: int, the number of batches to pass over at the start, so that
            training can go on where it stopped. Defaults to 0.
        transform: function from a batch, a dictionary by column as `batch_of` gives it, to
            what `model.fit` takes, `(x, y)` or `(x, y, sample_weight)`. It runs in threads
            ahead of the training. Defaults to the batch as it is.
        lengths: int array, the length of each sample, so that those of similar length come in
            one batch, see `batches_by_length`; or None for an order without regard to it.
            Defaults to None.

    Returns:
        A `grain.IterDataset`.

    Raises:
        InputError: if there are no samples, `batch_size` is less than 1, or `seed` is
            negative.

    Example:

    >>> source = Source.of(["a", "b", "c", "d", "e"], range(5))
    >>> batches = iter(training_batches(source, batch_size=2, seed=0))
    >>> epoch = [next(batches) for _ in range(steps_per_epoch(source, 2))]
    >>> [len(batch["label"]) for batch in epoch]
    [2, 2, 1]
    >>> sorted(text for batch in epoch for text in batch["text"])
    ['a', 'b', 'c', 'd', 'e']
    """
    positions = shuffled_positions(
        source, batch_size=batch_size, seed=seed, first_batch=first_batch, lengths=lengths
    )
    return ReadBatches(positions, reader(source, transform)).dataset()


def evaluation_batches(
    source: Source, *, batch_size: int, transform: Callable[[Batch], Any] | None = None
) -> "grain.IterDataset":
    """Returns every sample once, in the order of the source.

    Args:
        source: `Source`.
        batch_size: int, samples a batch; the last one may be smaller.
        transform: function from a batch, as for `training_batches`.

    Returns:
        A `grain.IterDataset`.

    Raises:
        InputError: if there are no samples or `batch_size` is less than 1.

    Example:

    >>> source = Source.of(["a", "b", "c"], range(3))
    >>> [batch["text"] for batch in evaluation_batches(source, batch_size=2)]
    [['a', 'b'], ['c']]
    """
    return ReadBatches(ordered_positions(source, batch_size), reader(source, transform)).dataset()


def shuffled_positions(
    source: Source,
    *,
    batch_size: int,
    seed: int,
    first_batch: int = 0,
    lengths: "np.ndarray | None" = None,
) -> "grain.MapDataset":
    """Returns the positions of the samples of each batch of a training.

    Args:
        source: `Source`.
        batch_size: int, samples a batch.
        seed: int, not negative.
        first_batch: as for `training_batches`.
        lengths: as for `training_batches`.

    Returns:
        A `grain.MapDataset` of int arrays, without an end.

    Raises:
        InputError: as for `training_batches`.

    Example:

    >>> source = Source.of(["a", "b", "c"], range(3))
    >>> sorted(shuffled_positions(source, batch_size=3, seed=0)[0].tolist())
    [0, 1, 2]
    """
    _check(source, batch_size)
    if seed < 0:
        raise InputError(f"Expected a seed that is not negative. Received: {seed}")
    return training_order(
        len(source), batch_size=batch_size, seed=seed, first_batch=first_batch, lengths=lengths
    )


def ordered_positions(source: Source, batch_size: int) -> "grain.MapDataset":
    """Returns the positions of the samples of each batch, in the order of the source.

    Args:
        source: `Source`.
        batch_size: int, samples a batch; the last one may be smaller.

    Returns:
        A `grain.MapDataset` of int arrays.

    Raises:
        InputError: if there are no samples or `batch_size` is less than 1.

    Example:

    >>> source = Source.of(["a", "b", "c"], range(3))
    >>> [places.tolist() for places in ordered_positions(source, 2)]
    [[0, 1], [2]]
    """
    _check(source, batch_size)
    return batches_in_order(len(source), batch_size=batch_size)


def reader(
    source: Source, transform: Callable[[Batch], Any] | None
) -> "Callable[[np.ndarray], Any]":
    """Returns a function from positions to the batch of these samples.

    Args:
        source: `Source`.
        transform: function from a batch, as for `training_batches`, or None for the batch as it
            is.

    Example:

    >>> reader(Source.of(["a", "b"], [0, 1]), None)([1])["text"]
    ['b']
    """

    def read(positions: "np.ndarray") -> Any:
        batch = batch_of(source, positions)
        return batch if transform is None else transform(batch)

    return read


def steps_per_epoch(source: Source, batch_size: int) -> int:
    """Returns the number of batches in which every sample comes once.

    Args:
        source: `Source`.
        batch_size: int, samples a batch.

    Returns:
        An int.

    Raises:
        InputError: if there are no samples or `batch_size` is less than 1.

    Example:

    >>> steps_per_epoch(Source.of(["a", "b", "c"], range(3)), 2)
    2
    """
    return len(batch_sizes(source, batch_size))


def batch_sizes(source: Source, batch_size: int) -> list[int]:
    """Returns the number of samples in each batch of an epoch.

    Args:
        source: `Source`.
        batch_size: int, samples a batch; the last one may be smaller.

    Returns:
        List of int.

    Raises:
        InputError: if there are no samples or `batch_size` is less than 1.

    Example:

    >>> batch_sizes(Source.of(["a", "b", "c"], range(3)), 2)
    [2, 1]
    """
    _check(source, batch_size)
    return [min(batch_size, len(source) - start) for start in range(0, len(source), batch_size)]


def _check(source: Source, batch_size: int) -> None:
    """Raises when no batch can be made."""
    if batch_size < 1:
        raise InputError(f"Expected a batch_size of at least 1. Received: {batch_size}")
    if not len(source):
        raise InputError(f"Expected samples to batch. Received: none in {source.name}")
