"""The order of samples in training: by a seed, and where wanted, similar lengths together."""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import grain

# Batches out of which those of similar length are made. More leave less padding, and less chance.
_WINDOW = 50

# Of Grain's shuffle, which mixes a position so often with the seed.
_ROUNDS = 4


def training_order(
    size: int,
    *,
    batch_size: int,
    seed: int,
    first_batch: int = 0,
    lengths: np.ndarray | None = None,
) -> "grain.MapDataset":
    """Returns endless batches of positions: shuffled, or of similar lengths where they are given.

    Args:
        size: int, how many samples there are.
        batch_size: int, samples a batch.
        seed: int, not negative.
        first_batch: int, the number of batches to pass over. Defaults to 0.
        lengths: int array, the length of each sample, or None.

    Returns:
        A `grain.MapDataset` of int arrays.

    Example:

    >>> training_order(4, batch_size=2, seed=0, lengths=np.array([1, 9, 2, 8]))[0].shape
    (2,)
    """
    settings = {"batch_size": batch_size, "seed": seed, "first_batch": first_batch}
    if lengths is not None:
        return batches_by_length(lengths, **settings)
    return shuffled_batches(size, **settings)


def shuffled_batches(
    size: int, *, batch_size: int, seed: int, first_batch: int = 0
) -> "grain.MapDataset":
    """Returns endless batches of positions, each epoch in an order of its own.

    The order is that of `grain.MapDataset.range(size).seed(seed).shuffle()`, and is found by
    position: it takes no memory, and any batch is found without those before.

    Args:
        size: int, how many samples there are.
        batch_size: int, samples a batch; a smaller batch comes last in an epoch.
        seed: int, not negative.
        first_batch: int, the number of batches to pass over. Defaults to 0.

    Returns:
        A `grain.MapDataset` of int arrays.

    Example:

    >>> batches = shuffled_batches(5, batch_size=2, seed=0)
    >>> sorted(position for place in range(3) for position in batches[place].tolist())
    [0, 1, 2, 3, 4]
    """
    import grain
    from grain.experimental import index_shuffle

    steps = -(-size // batch_size)
    first_seed = int(np.random.SeedSequence([seed, 1]).generate_state(1, np.uint32)[0])

    def positions(batch: int) -> np.ndarray:
        epoch, place = divmod(int(batch), steps)
        settings = {"max_index": size - 1, "seed": (first_seed + epoch) % 2**32, "rounds": _ROUNDS}
        start = place * batch_size
        places = range(start, min(start + batch_size, size))
        return np.array([index_shuffle(at, **settings) for at in places])

    return grain.MapDataset.range(first_batch, np.iinfo(np.int64).max).map(positions)


def batches_in_order(size: int, *, batch_size: int) -> "grain.MapDataset":
    """Returns batches of all positions in their order.

    Args:
        size: int, how many samples there are.
        batch_size: int, samples a batch; the last one may be smaller.

    Returns:
        A `grain.MapDataset` of int arrays.

    Example:

    >>> [batch.tolist() for batch in batches_in_order(3, batch_size=2)]
    [[0, 1], [2]]
    """
    import grain

    starts = grain.MapDataset.range(0, size, batch_size)
    return starts.map(lambda start: np.arange(start, min(start + batch_size, size)))


def batches_by_length(
    lengths: np.ndarray, *, batch_size: int, seed: int, first_batch: int = 0
) -> "grain.MapDataset":
    """Returns endless batches of positions, of samples of similar length.

    Each epoch has every position once. It is shuffled, cut into windows of 50 batches, sorted by
    length in each, and the batches are shuffled. The order depends on the seed and the lengths
    alone, and a smaller batch comes last.

    Args:
        lengths: int array, the length of each sample.
        batch_size: int, samples a batch.
        seed: int, not negative.
        first_batch: int, the number of batches to pass over. Defaults to 0.

    Returns:
        A `grain.MapDataset` of int arrays.

    Reference:
        Ott et al., 2018, "Scaling Neural Machine Translation", section 4.1, batch sentences of
        similar length so; https://arxiv.org/abs/1806.00187

    Example:

    >>> batches = batches_by_length(np.array([1, 9, 2, 8]), batch_size=2, seed=0)
    >>> sorted(sorted(batches[place].tolist()) for place in range(2))
    [[0, 2], [1, 3]]
    """
    import grain

    steps = -(-len(lengths) // batch_size)

    # Training reads epochs one after the other, from two threads.
    @lru_cache(maxsize=2)
    def epoch(number: int) -> list[np.ndarray]:
        return _epoch(lengths, batch_size, np.random.default_rng([seed, number]))

    def positions(batch: int) -> np.ndarray:
        number, place = divmod(int(batch), steps)
        return epoch(number)[place]

    endless = grain.MapDataset.range(first_batch, np.iinfo(np.int64).max)
    return endless.map(positions)


def _epoch(lengths: np.ndarray, batch_size: int, drawn: np.random.Generator) -> list[np.ndarray]:
    """The batches of an epoch."""
    order = drawn.permutation(len(lengths))
    whole = len(order) // batch_size * batch_size
    window = _WINDOW * batch_size
    batches: list[np.ndarray] = []
    for start in range(0, whole, window):
        part = order[start : min(start + window, whole)]
        by_length = part[np.argsort(lengths[part], kind="stable")]
        batches += np.split(by_length, len(by_length) // batch_size)
    shuffled = [batches[place] for place in drawn.permutation(len(batches))]
    return [*shuffled, order[whole:]] if whole < len(order) else shuffled
