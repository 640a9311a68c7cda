"""Features on their way into `model.fit`, in the place of the inputs that they are of."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from kerastune.data import Column, Source
from kerastune.data.orders import training_order
from kerastune.distribution.read_batches import ReadBatches, batches_of_ends
from kerastune.training.feature_store import FeatureStore
from kerastune.training.feeding import Feed, Samples
from kerastune.training.open_sides import OpenSides

FEATURES = "cached_features"
"""The one key of the dictionary that goes into the rest of a model."""


def feed_of_features(feed: Feed, features: Sequence[Samples], copies: int) -> Feed:
    """Returns a feed with features in the place of inputs.

    Args:
        feed: the `Feed` of the inputs.
        features: sequence of `Samples` that `samples_of_features` gave: those to train on, and
            those to validate on where the feed has some.
        copies: int, how many copies of the training samples there are, through which epochs
            cycle; 0 is 1.

    Example:

    See `FeatureCache.feed_for`.
    """
    training, *held_out = features
    cached = Feed(
        feed.batch_sizes,
        lambda done: _cycled(training, feed.seed, done, max(copies, 1)),
        samples=training,
    )
    if held_out:
        return cached.with_validation(held_out[0])
    if feed.is_validated:
        # What is not known by position goes through the whole model.
        return cached.with_validation(feed.arguments(0)["validation_data"])
    return cached


def samples_of_features(
    samples: Samples, store: FeatureStore, beside: Any, sides: OpenSides | None
) -> Samples:
    """Returns samples whose inputs are features.

    Args:
        samples: the `Samples` that they are of.
        store: `FeatureStore` with a row for each copy of each sample, copy after copy.
        beside: what comes beside the inputs, a tuple of arrays with a row for each sample.
        sides: `OpenSides`, how long which are is the last array of the store; or None.

    Example:

    See `FeatureCache.feed_for`.
    """

    def fetch(batch: dict[str, Any]) -> Any:
        positions = batch["position"]
        rest = keras.tree.map_structure(lambda leaf: leaf[positions], beside)
        # Where `row` is given, it is that of another copy of the samples.
        features = store.at(batch.get("row", positions))
        if sides is not None:
            features = sides.cut(features[:-1], features[-1])
        return ({FEATURES: tuple(features)}, *rest)

    positions = np.arange(len(samples.source))
    numbers = Source({"position": positions}, {"position": Column("number")}, name="features")
    return replace(samples, source=numbers, transform=fetch)


def _cycled(samples: Samples, seed: int, done: int, copies: int) -> dict[str, Any]:
    """Arguments of `model.fit` that go on after some steps, each epoch with the next copy."""
    size = len(samples.source)
    steps = -(-size // samples.batch_size)
    order = training_order(
        size, batch_size=samples.batch_size, seed=seed, first_batch=done, lengths=samples.lengths
    )

    def placed(index: int, positions: np.ndarray) -> dict[str, np.ndarray]:
        copy = (done + index) // steps % copies
        return {"position": positions, "row": positions + copy * size}

    def ends() -> list[Any]:
        return batches_of_ends(lambda at: samples.transform({"position": at}), samples.lengths)

    batches = ReadBatches(order.map_with_index(placed), samples.transform, examples=ends)
    return {"x": batches, "shuffle": False, "steps_per_epoch": steps}
