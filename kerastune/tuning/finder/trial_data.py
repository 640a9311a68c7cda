"""Data for a trial run: read again and again, and afterwards where it was."""

import copy
import itertools
import random
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from kerastune.backends.compilation import counts_passes
from kerastune.errors import InputError


@contextmanager
def trial_data(data: Any, batch_size: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Gives arguments of `model.fit` with which training can go on without end.

    Args:
        data: see `find_learning_rate`.
        batch_size: int, for arrays.
        seed: int, which decides the order of arrays and of the batches of a `PyDataset`.

    Yields:
        Dictionary of arguments of `model.fit`. Reading an epoch of it to the end starts
        the next.

    Raises:
        InputError: if the data are empty, have no targets, or cannot be read twice.

    Example:

    >>> with trial_data(([[1.0], [2.0]], [3.0, 4.0]), batch_size=2) as arguments:
    ...     x, y = next(iter(arguments["x"]))
    >>> x.shape, sorted(y.tolist())
    ((2, 1), [3.0, 4.0])
    """
    import keras

    reading = None
    with kept_positions(data):
        try:
            if isinstance(data, tuple):
                yield _array_arguments(data, batch_size, seed)
            elif isinstance(data, keras.utils.PyDataset) or hasattr(data, "__next__"):
                reading = _Reading(_batches(data, seed))
                yield {"x": reading.batches(), "shuffle": False}
            else:
                _check_data_set(data)
                yield {"x": data, "shuffle": False}
        finally:
            if reading is not None:
                reading.stop()


@contextmanager
def kept_positions(data: Any) -> Iterator[None]:
    """Restores the read position of data at the end of a `with` block.

    Args:
        data: anything; an iterator of Grain and the generators of a PyTorch `DataLoader` are
            put back.

    Yields:
        None.

    Example:

    >>> import grain
    >>> numbers = iter(grain.MapDataset.range(3).to_iter_dataset())
    >>> with kept_positions(numbers):
    ...     first = next(numbers)
    >>> first, next(numbers)
    (0, 0)
    """
    positions = [(holder, holder.get_state()) for holder in _holders_of_positions(data)]
    try:
        yield
    finally:
        for holder, state in positions:
            holder.set_state(state)


class _Reading:
    """Batches that stop on demand: on TensorFlow a thread reads ahead, also after `fit`."""

    def __init__(self, source: Iterator[Any]) -> None:
        first = next(source, None)
        _check_batch(first)
        self._source = itertools.chain([first], source)
        self._lock = threading.Lock()
        self._stopped = False

    def batches(self) -> Iterator[Any]:
        """Yields the batches, until they are stopped."""
        while True:
            with self._lock:
                if self._stopped:
                    return
                batch = next(self._source)
            yield batch

    def stop(self) -> None:
        """Waits for a batch that is being read, and reads no other."""
        with self._lock:
            self._stopped = True


def _holders_of_positions(data: Any) -> list[Any]:
    """Returns the objects that hold the read position: iterators of Grain, generators."""
    sampler = getattr(data, "sampler", None)
    batch_sampler = getattr(data, "batch_sampler", None)
    holders = [
        data,
        getattr(data, "generator", None),
        getattr(sampler, "generator", None),
        getattr(getattr(batch_sampler, "sampler", None), "generator", None),
    ]
    return [item for item in holders if hasattr(item, "get_state") and hasattr(item, "set_state")]


def _batches(data: Any, seed: int) -> Iterator[Any]:
    """Returns the batches of a `PyDataset` or an iterator of Grain, over and over."""
    if not hasattr(data, "__next__"):
        # What the data set sets on itself at the end of an epoch stays with the copy.
        return _batches_of_data_set(copy.copy(data), random.Random(seed))
    if hasattr(data, "get_state") and hasattr(data, "set_state"):
        return _batches_of_iterator(data)
    raise InputError(
        "Expected data that can be read twice: arrays, a data set or an iterator of Grain. "
        f"Received: a value of type {type(data).__name__}, which cannot be put back to where it "
        "was. Give the data set that it reads from"
    )


def _batches_of_data_set(data: Any, order: random.Random) -> Iterator[Any]:
    """Yields the batches of a `PyDataset`, shuffled, as `fit` reads them."""
    size = data.num_batches
    while size != 0:
        data.on_epoch_begin()
        for index in itertools.count() if size is None else order.sample(range(size), size):
            batch = data[index]
            yield tuple(batch) if isinstance(batch, list) else batch
        data.on_epoch_end()


def _batches_of_iterator(iterator: Any) -> Iterator[Any]:
    """Yields the batches of an iterator of Grain, again from where it was when they end."""
    start = iterator.get_state()
    ended = False
    while not ended:
        ended = True  # Without a batch, there will be none the next time.
        for batch in iterator:
            ended = False
            yield batch
        iterator.set_state(start)


def _array_arguments(data: tuple[Any, ...], batch_size: int, seed: int) -> dict[str, Any]:
    """Returns the arguments of `model.fit` for arrays in the order of `fine_tune`."""
    import keras

    # Grain takes a while to import, which tables of plans do without.
    from kerastune.data import Column, Source, steps_per_epoch, training_batches

    _check_batch(data)
    parts = tuple(_arrays(part) for part in data if part is not None)
    leaves = keras.tree.flatten(parts)
    if not all(len(leaf) for leaf in leaves):
        _check_batch(None)
    if len({len(leaf) for leaf in leaves}) > 1:
        raise InputError(
            "Expected arrays of one length. Received: lengths "
            f"{sorted({len(leaf) for leaf in leaves})}"
        )
    if not all(leaf.dtype.kind in "biufc" for leaf in leaves):
        # Texts become tensors where Keras reads them whole.
        given = dict(zip(("x", "y", "sample_weight"), data, strict=False))
        return {**given, "batch_size": batch_size, "shuffle": True}
    positions = Source(
        {"position": np.arange(len(leaves[0]))}, {"position": Column("number")}, name="arrays"
    )

    def chosen(batch: dict[str, Any]) -> Any:
        return keras.tree.map_structure(lambda leaf: leaf[batch["position"]], parts)

    batches = training_batches(positions, batch_size=batch_size, seed=seed, transform=chosen)
    steps = steps_per_epoch(positions, batch_size)
    return {"x": batches, "shuffle": False, "steps_per_epoch": steps}


def _arrays(part: Any) -> Any:
    """Returns inputs, targets or weights as arrays: by name, several in a list, or one."""
    if isinstance(part, Mapping):
        return {name: _arrays(value) for name, value in part.items()}
    if isinstance(part, list | tuple) and part and hasattr(part[0], "shape") and len(part[0].shape):
        return type(part)(_arrays(value) for value in part)
    return np.asarray(part)


def _check_data_set(data: Any) -> None:
    """Raises when a data set has no batch with targets; warns when it cannot be put back."""
    if hasattr(data, "element_spec"):
        _check_batch(data.element_spec if data.cardinality() != 0 else None)
    else:
        _check_batch(next(iter(data), None))
    if counts_passes(data):
        warnings.warn(
            "This tf.data.Dataset is shuffled anew whenever it is read, by a count that cannot "
            "be put back: training on it now sees other orders than without the trial. Give the "
            "trial a data set of its own, or shuffle with reshuffle_each_iteration=False",
            stacklevel=5,
        )


def _check_batch(batch: Any) -> None:
    """Raises when there is no batch, or no targets in it."""
    if batch is None:
        raise InputError("Expected data to train on. Received: none. Give at least one batch")
    if not isinstance(batch, tuple | list) or not 2 <= len(batch) <= 3 or batch[1] is None:
        raise InputError(
            "Expected inputs and targets, as (x, y) or (x, y, sample_weight). Received: "
            f"{type(batch).__name__} without targets. Add the targets"
        )
