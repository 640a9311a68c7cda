"""From whatever `model.fit` takes to batches whose number is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from kerastune.data import Column, Source, batch_sizes, steps_per_epoch
from kerastune.data.pipeline import ordered_positions, reader, shuffled_positions
from kerastune.distribution.read_batches import ReadBatches, batches_of_ends, read_ahead
from kerastune.errors import InputError
from kerastune.training.class_weights import sample_weights
from kerastune.training.given_arrays import samples_at


@dataclass(frozen=True)
class Samples:
    """Samples that can be fetched by position, and how batches are made of them.

    Args:
        source: the `Source`.
        transform: function from a batch, a dictionary by column, to `(x, y)` or
            `(x, y, sample_weight)`.
        batch_size: int.
        lengths: int array, the length of each sample, by which batches are made of similar
            ones to train on, or None where all are of one. Defaults to None.
        is_by_sample: bool, whether the transform gives the same for a sample whatever else is in
            its batch, so that a process can read its part alone. Defaults to False.

    Example:

    >>> samples = Samples(Source.of(np.ones((3, 2)), np.ones(3)), tuple, batch_size=2)
    >>> [len(batch) for batch in samples.in_order()]
    [2, 2]
    """

    source: Source
    transform: Callable[[dict[str, Any]], Any]
    batch_size: int
    lengths: np.ndarray | None = None
    is_by_sample: bool = False

    def in_order(self) -> ReadBatches:
        """Every sample once, in the order of the source, in batches."""
        return self._read(ordered_positions(self.source, self.batch_size))

    def longest_first(self) -> tuple[np.ndarray, ReadBatches]:
        """Every sample once, in batches of similar lengths, with the positions in that order."""
        lengths = np.zeros(len(self.source)) if self.lengths is None else self.lengths
        order = np.argsort(-np.asarray(lengths), kind="stable")
        places = ordered_positions(self.source, self.batch_size)
        return order, self._read(places.map(lambda batch: order[batch]))

    def shuffled(self, seed: int, done: int) -> dict[str, Any]:
        """Arguments of `model.fit` that go on after some steps, in an order of the seed."""
        positions = shuffled_positions(
            self.source,
            batch_size=self.batch_size,
            seed=seed,
            first_batch=done,
            lengths=self.lengths,
        )
        # The batches come shuffled.
        steps = steps_per_epoch(self.source, self.batch_size)
        return {"x": self._read(positions), "shuffle": False, "steps_per_epoch": steps}

    def _read(self, positions: Any) -> ReadBatches:
        """Batches of some positions, with those of the shortest and the longest sample beside."""
        read = reader(self.source, self.transform)
        return ReadBatches(
            positions, read, self.is_by_sample, lambda: batches_of_ends(read, self.lengths)
        )


@dataclass(frozen=True)
class Feed:
    """Training data, ready for `model.fit`.

    Args:
        batch_sizes: list of int, the sizes of the batches of an epoch, or ones where they
            are not known.
        arguments: function from the steps done so far to arguments of `model.fit`, whose batches
            may be `ReadBatches`.
        is_validated: bool, whether the arguments bring samples to validate on.
        seed: int, of the order of the samples.
        samples: the `Samples` to train on, or None for a data set that makes its own batches.
        held_out: the `Samples` to validate on, or None where there are none such.

    Example:

    >>> Feed([32, 32, 7], lambda done: {"x": [], "steps_per_epoch": 3}).batch_sizes
    [32, 32, 7]
    """

    batch_sizes: list[int]
    arguments: Callable[[int], dict[str, Any]]
    is_validated: bool = False
    seed: int = 0
    samples: Samples | None = None
    held_out: Samples | None = None

    def with_validation(self, data: Any) -> "Feed":
        """The same feed with data to validate on after each epoch.

        Args:
            data: `Samples`, or what `model.fit` takes as `validation_data`, or None for none.
        """
        if data is None:
            return self
        is_known = isinstance(data, Samples)
        added: dict[str, Any] = {"validation_data": data.in_order() if is_known else data}
        if is_known:
            added["validation_steps"] = steps_per_epoch(data.source, data.batch_size)
        return replace(
            self,
            arguments=lambda done: {**self.arguments(done), **added},
            is_validated=True,
            held_out=data if is_known else None,
        )

    def divided(self, parts: int) -> "Feed":
        """The same samples in the same order, in batches divided into smaller ones.

        Args:
            parts: int, into how many; it divides the batch size. Only samples by position can
                be divided.
        """
        assert self.samples is not None

        def smaller(samples: Samples) -> Samples:
            return replace(samples, batch_size=samples.batch_size // parts)

        held_out = None if self.held_out is None else smaller(self.held_out)
        return sample_feed(smaller(self.samples), seed=self.seed, validation=held_out)


def sample_feed(samples: Samples, *, seed: int, validation: Samples | None = None) -> Feed:
    """Samples by position, ready for the stages of a plan.

    They are shuffled in an order that depends on the seed and their number alone, and that
    goes on from stage to stage.

    Args:
        samples: the `Samples` to train on.
        seed: int.
        validation: the `Samples` to validate on, or None.

    Returns:
        A `Feed`.

    Raises:
        InputError: if there are no samples, or no batch can be made.

    Example:

    >>> samples = Samples(Source.of(np.ones((5, 2)), np.ones(5)), tuple, batch_size=2)
    >>> sample_feed(samples, seed=0).batch_sizes
    [2, 2, 1]
    """
    sizes = batch_sizes(samples.source, samples.batch_size)
    feed = Feed(sizes, lambda done: samples.shuffled(seed, done), seed=seed, samples=samples)
    return feed.with_validation(validation)


def feed_for(
    data: Any,
    *,
    batch_size: int,
    seed: int,
    steps_per_epoch: int | None = None,
    class_weights: Mapping[Any, Any] | None = None,
    outputs: list[str] | None = None,
) -> Feed:
    """Make training data ready for the stages of a plan.

    Arrays are shuffled in an order that depends on the seed and their length alone, and
    that goes on from stage to stage. A data set that makes its own batches starts anew
    at each stage.

    Args:
        data: `(x, y)` or `(x, y, sample_weight)`, arrays or dictionaries or tuples of
            them, as `given_data` makes them; or a data set that `model.fit` takes.
        batch_size: int, for arrays.
        seed: int, for arrays.
        steps_per_epoch: int, or None for what the data tells.
        class_weights: see `fine_tune`.
        outputs: list of str, the names of the model's outputs, for class weights.

    Returns:
        A `Feed`.

    Raises:
        InputError: if the data cannot be used.

    Example:

    >>> feed_for((np.zeros((5, 2)), np.zeros(5)), batch_size=2, seed=0).batch_sizes
    [2, 2, 1]
    """
    if isinstance(data, tuple) and len(data) == 3 and data[2] is None:
        data = data[:2]
    if isinstance(data, tuple) and len(data) in (2, 3):
        if class_weights is not None:
            data = (*data[:2], sample_weights(data, class_weights, outputs or []))
        return _arrays(data, batch_size, seed, steps_per_epoch)
    unfit = (tuple, list, dict, str)
    if isinstance(data, unfit) or not hasattr(data, "__iter__") or hasattr(data, "shape"):
        raise InputError(
            "Expected data as (x, y), (x, y, sample_weight), or a data set that makes batches. "
            f"Received: {type(data).__name__}"
        )
    if hasattr(data, "__next__"):
        raise InputError(
            "Expected data that can be read again, for each stage. Received: "
            f"{type(data).__name__}, which can be read once. Give what it was made from"
        )
    if class_weights is not None:
        raise InputError(
            "Expected arrays as data with `class_weights`. "
            f"Received: {type(data).__name__}. Let its batches bring sample weights"
        )
    # Imported here: a job that is only built or counted needs no pipeline.
    import grain

    steps = steps_per_epoch or _length(data)
    if isinstance(data, (grain.MapDataset, grain.IterDataset)):
        # Keras reads one only once, however many epochs there are.
        data, steps_per_epoch = data.repeat(), steps
        data = read_ahead(data) if isinstance(data, grain.MapDataset) else data
    # Of data sets, Keras shuffles the batches of its own kind only.
    shuffle = isinstance(data, keras.utils.PyDataset)
    arguments = {"x": data, "steps_per_epoch": steps_per_epoch, "shuffle": shuffle}
    return Feed([1] * steps, lambda _: arguments)


def _arrays(data: tuple[Any, ...], batch_size: int, seed: int, steps_per_epoch: int | None) -> Feed:
    """Arrays as shuffled batches."""
    feed = sample_feed(array_samples(data, batch_size), seed=seed)
    if steps_per_epoch is not None and steps_per_epoch != len(feed.batch_sizes):
        raise InputError(
            f"Expected arrays to tell their own steps, {len(feed.batch_sizes)}. "
            f"Received: steps_per_epoch={steps_per_epoch}. Leave it out"
        )
    return feed


def array_samples(data: tuple[Any, ...], batch_size: int) -> Samples:
    """Arrays as samples by position.

    Args:
        data: `(x, y)` or `(x, y, sample_weight)`, arrays or dictionaries or tuples of them, as
            `given_data` makes them.
        batch_size: int.

    Returns:
        `Samples`.

    Raises:
        InputError: if the arrays differ in length, or are empty.

    Example:

    >>> [x.shape for x, y in array_samples((np.ones((3, 2)), np.ones(3)), 2).in_order()]
    [(2, 2), (1, 2)]
    """
    parts = data if data[1] is not None else data[:1]
    leaves = [leaf for leaf in keras.tree.flatten(parts) if leaf is not None]
    lengths = {leaf.shape[0] if leaf.shape else 0 for leaf in leaves}
    if len(lengths) != 1 or lengths == {0}:
        raise InputError(
            f"Expected arrays of one length, at least 1. Received: lengths {sorted(lengths)}"
        )
    positions = Source(
        {"position": np.arange(lengths.pop())}, {"position": Column("number")}, name="arrays"
    )

    def chosen(batch: dict[str, Any]) -> Any:
        return keras.tree.map_structure(
            lambda leaf: samples_at(leaf, batch["position"]), parts, none_is_leaf=False
        )

    return Samples(positions, chosen, batch_size, is_by_sample=True)


def _length(data: Any) -> int:
    """The batches of a data set, from whichever of the usual ways it tells them."""
    try:
        steps = data.num_batches if hasattr(data, "num_batches") else len(data)
        steps = int(steps)
    except TypeError:
        steps = 0
    if steps < 1:
        raise InputError(
            "Expected data that tells how many batches it has, at least one. "
            f"Received: {type(data).__name__}, which does not. Give steps_per_epoch"
        )
    return steps
