"""What a frozen part gives for each sample, computed once for all epochs of a stage."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerastune.backends.graph_calls import takes_also
from kerastune.data import Column, Source
from kerastune.display.formats import format_bytes
from kerastune.display.output import console
from kerastune.errors import InputError
from kerastune.training.checksums import checksums
from kerastune.training.feature_store import PLACES, PRECISIONS, FeatureStore
from kerastune.training.feeding import Feed, Samples
from kerastune.tuning.freezing.division import Division, divide

_NAME = "cached_features"


class FeatureCache:
    """Features that a stage trains on, kept as long as the frozen part stays the same.

    While nothing of the first layers of a network trains, what they give for a sample stays the
    same. In a stage of several epochs it is computed once, and the rest is trained on it: with
    the same result, up to rounding. Samples that are not the same each time (a data set that
    makes its own batches, a preprocessor that draws), and parts that are not (dropout,
    augmentation, moving statistics), are trained on as usual.

    Args:
        place: str, where features are kept: `"memory"`, `"disk"` (in files that are removed at
            the end), `"auto"` (in memory up to 1 GiB), or `"off"` to keep none. Defaults to
            `"auto"`.
        precision: str out of `"float32"`, `"float16"` and `"bfloat16"`, in which they are kept,
            or None for that in which they come. Defaults to None.
        directory: Path of a folder for the files, or None for the usual one for temporary
            files. Defaults to None.

    Raises:
        InputError: if the place or the precision is unknown.

    Example:

    >>> FeatureCache("file")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected `cache_features` out of auto, memory, disk, off. ...
    """

    def __init__(
        self, place: str = "auto", *, precision: str | None = None, directory: Path | None = None
    ) -> None:
        if place not in PLACES:
            raise InputError(
                f"Expected `cache_features` out of {', '.join(PLACES)}. Received: {place!r}"
            )
        if precision is not None and precision not in PRECISIONS:
            raise InputError(
                f"Expected `cache_precision` out of {', '.join(PRECISIONS)}. "
                f"Received: {precision!r}"
            )
        self._place = place
        self._precision = precision
        self._directory = directory
        self._stores: list[FeatureStore] = []
        self._kept: tuple[Any, Feed] | None = None

    @contextmanager
    def feed_for(
        self, model: keras.Model, feed: Feed, steps: int, before_batch: Callable[[], None]
    ) -> Iterator[Feed]:
        """The data of a stage: features while this lasts, where there can be some.

        Args:
            model: a Keras model, in which is set what trains.
            feed: the `Feed` of the data.
            steps: int, the steps of the stage.
            before_batch: function that is called before each batch of features.

        Yields:
            A `Feed`.
        """
        division = self._division(model, feed, steps)
        cached = None if division is None else self._cached(division, feed, before_batch)
        if division is None or cached is None:
            yield feed
            return
        with takes_also(model, _NAME, division.rest):
            yield cached

    def close(self) -> None:
        """Give back memory and files."""
        for store in self._stores:
            store.close()
        self._stores, self._kept = [], None

    def _division(self, model: keras.Model, feed: Feed, steps: int) -> Division | None:
        """The model divided, if features of its frozen part are of use."""
        if self._place == "off" or feed.samples is None:
            return None
        is_repeated = steps > len(feed.batch_sizes)
        if not is_repeated and self._kept is None:
            return None
        division = divide(model)
        is_kept = self._kept is not None and self._kept[0] == _key(division)
        return division if is_repeated or is_kept else None

    def _cached(
        self, division: Division, feed: Feed, before_batch: Callable[[], None]
    ) -> Feed | None:
        """The same data as features, or None if samples are not the same each time."""
        key = _key(division)
        if self._kept is not None and self._kept[0] == key:
            return self._kept[1]
        self.close()
        parts = [part for part in (feed.samples, feed.held_out) if part is not None]
        if not all(map(_is_same_again, parts)):
            return None
        features = [self._features(division.fixed, part, before_batch) for part in parts]
        if None in features:
            self.close()
            return None
        cached = _replaced(feed, features)
        self._kept = (key, cached)
        self._say()
        return cached

    def _features(
        self, fixed: keras.Model, samples: Samples, before_batch: Callable[[], None]
    ) -> Samples | None:
        """Samples whose inputs are the features, or None where batches do not match them."""
        store = FeatureStore(
            len(samples.source),
            self._place,
            precision=self._precision,
            directory=self._directory,
        )
        self._stores.append(store)
        others = []
        for inputs, *rest in samples.in_order():
            before_batch()
            count = len(keras.tree.flatten(inputs)[0])
            outputs = fixed.predict_on_batch(_filled(inputs, samples.batch_size))
            try:
                store.write([np.asarray(rows)[:count] for rows in keras.tree.flatten(outputs)])
            except ValueError:
                return None
            others.append(rest)
        if not store.is_full:
            return None
        kept = keras.tree.map_structure(lambda *leaves: np.concatenate(leaves), *others)
        return replace(samples, source=_positions(store.samples), transform=_fetch(store, kept))

    def _say(self) -> None:
        """Print what is kept."""
        shapes = ", ".join(" x ".join(map(str, shape)) for shape in self._stores[0].shapes)
        size = format_bytes(sum(store.bytes for store in self._stores))
        place = {"memory": "in memory", "disk": "in files"}[self._stores[0].place]
        count = sum(store.samples for store in self._stores)
        console().print(
            f"Features of the frozen part, {shapes} a sample, are computed once for {count:,} "
            f"samples and kept {place}: {size}.",
            soft_wrap=True,
            highlight=False,
        )


def _key(division: Division | None) -> Any:
    """What tells features of one division from those of another, or of other weights."""
    if division is None:
        return None
    return division.tensors, checksums(division.fixed.weights)


def _replaced(feed: Feed, features: list[Samples | None]) -> Feed:
    """A feed with features in the place of inputs."""
    training, *held_out = features
    assert training is not None
    cached = Feed(
        feed.batch_sizes, lambda done: training.shuffled(feed.seed, done), samples=training
    )
    if held_out:
        return cached.with_validation(held_out[0])
    if feed.is_validated:
        # What is not known by position goes through the whole model.
        return cached.with_validation(feed.arguments(0)["validation_data"])
    return cached


def _fetch(store: FeatureStore, others: list[Any]) -> Callable[[dict[str, Any]], Any]:
    """A function from a batch of positions to features, targets and weights."""

    def fetch(batch: dict[str, Any]) -> Any:
        positions = batch["position"]
        rest = keras.tree.map_structure(lambda leaf: leaf[positions], others)
        return ({_NAME: tuple(store.at(positions))}, *rest)

    return fetch


def _positions(count: int) -> Source:
    """As many samples that are numbers, from 0."""
    return Source({"position": np.arange(count)}, {"position": Column("number")}, name="features")


def _is_same_again(samples: Samples) -> bool:
    """Whether the first batch is the same when it is made again, in arrays of NumPy."""
    first, again = (next(iter(samples.in_order()))[0] for _ in range(2))
    leaves, others = keras.tree.flatten(first), keras.tree.flatten(again)
    return all(
        isinstance(leaf, np.ndarray) and np.array_equal(leaf, other)
        for leaf, other in zip(leaves, others, strict=True)
    )


def _filled(inputs: Any, batch_size: int) -> Any:
    """A batch of the usual size, its last sample repeated, so that it is compiled for once."""
    return keras.tree.map_structure(
        lambda leaf: np.concatenate([leaf, np.repeat(leaf[-1:], batch_size - len(leaf), axis=0)]),
        inputs,
    )
