"""What a frozen part gives for each sample, computed once for all epochs of a stage."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerastune.backends.graph_calls import takes_also
from kerastune.display.formats import format_bytes
from kerastune.display.output import console
from kerastune.errors import InputError
from kerastune.training.checksums import checksums
from kerastune.training.feature_feeds import FEATURES, feed_of_features, samples_of_features
from kerastune.training.feature_store import PLACES, PRECISIONS, FeatureStore
from kerastune.training.feeding import Feed, Samples
from kerastune.training.frozen_part import FrozenPart
from kerastune.training.kept_features import KeptFeatures, fingerprint
from kerastune.tuning.freezing.division import Division, divide


class FeatureCache:
    """Features that a stage trains on, kept as long as the frozen part stays the same.

    While nothing of the first layers of a network trains, what they give for a sample stays the
    same. In a stage of several epochs it is computed once, and the rest is trained on it: with
    the same result, up to rounding. Samples that are not the same each time (a data set that
    makes its own batches, a preprocessor that draws), and parts that are not (dropout,
    augmentation without `copies`, moving statistics), are trained on as usual.

    Args:
        place: str, where features are kept: `"memory"`, `"disk"` (in files that are removed at
            the end), `"auto"` (in memory up to 1 GiB), or `"off"` to keep none. Defaults to
            `"auto"`.
        precision: str out of `"float32"`, `"float16"` and `"bfloat16"`, in which they are kept,
            or None for that in which they come. Defaults to None.
        directory: Path of a folder for the files, or None for the usual one for temporary
            files. Defaults to None.
        stays_in: str or Path, a directory in which they stay for later runs, see
            `KeptFeatures`, or None. Defaults to None.
        copies: int, under how many draws of augmentation the frozen part sees each sample, or
            None for no features where there is augmentation. Epochs cycle through the copies.
            Defaults to None.

    Raises:
        InputError: if the place or the precision is unknown, `copies` is less than 1, or
            features are to stay and in memory, or not kept.

    Example:

    >>> FeatureCache("file")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected `cache_features` out of auto, memory, disk, off. ...
    """

    def __init__(
        self,
        place: str = "auto",
        *,
        precision: str | None = None,
        directory: Path | None = None,
        stays_in: str | Path | None = None,
        copies: int | None = None,
    ) -> None:
        _check(place, precision, stays_in, copies)
        self._place = place if stays_in is None else "disk"
        self._precision = precision
        self._directory = directory
        self._kept_files: KeptFeatures | None = None
        if stays_in is not None:
            self._kept_files = KeptFeatures(Path(stays_in))
            self._directory = self._kept_files.directory
        self._copies = copies or 0
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
        with takes_also(model, FEATURES, division.rest):
            yield cached

    def close(self) -> None:
        """Give back memory, and files that do not stay."""
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
        # Each draw is computed once, which saves something if it is used again.
        saves = steps > self._copies * len(feed.batch_sizes)
        division = divide(model, but_for_augmentation=self._copies > 0 and saves)
        if division is not None:
            # Otherwise Keras chooses: XLA on TensorFlow, also on a CPU, where it is slower.
            division.fixed.jit_compile = model.jit_compile
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
        # What is validated on is never augmented.
        frozen = FrozenPart(division.fixed, copies=self._copies, seed=feed.seed)
        still = FrozenPart(division.fixed, copies=0, seed=feed.seed)
        features = []
        for part, through in zip(parts, (frozen, still), strict=False):
            found = self._features(through, part, before_batch)
            if found is None:
                self.close()
                return None
            features.append(found)
        cached = feed_of_features(feed, features, frozen.copies)
        self._kept = (key, cached)
        self._say(sum(len(part.source) for part in parts), frozen)
        return cached

    def _features(
        self, frozen: FrozenPart, samples: Samples, before_batch: Callable[[], None]
    ) -> Samples | None:
        """Samples whose inputs are the features, or None where batches do not match them."""
        beside: Any | None
        if self._kept_files is None:
            beside = frozen.fill(self._new_store(frozen, samples), samples, before_batch)
        else:
            key, beside = fingerprint(frozen, samples, self._precision)
            found = self._kept_files.find(key, frozen.rows(samples), frozen.shapes(samples))
            if found is not None:
                self._stores.append(found)
            else:
                beside = frozen.fill(self._new_store(frozen, samples), samples, before_batch)
            if found is None and beside is not None:
                self._stores[-1] = self._kept_files.keep(self._stores[-1], key)
        if beside is None:
            return None
        sides = frozen.open_sides(samples)
        return samples_of_features(samples, self._stores[-1], beside, sides)

    def _new_store(self, frozen: FrozenPart, samples: Samples) -> FeatureStore:
        """Room for the features of samples, given back with all else."""
        store = FeatureStore(
            frozen.rows(samples),
            self._place,
            precision=self._precision,
            directory=self._directory,
        )
        self._stores.append(store)
        return store

    def _say(self, count: int, frozen: FrozenPart) -> None:
        """Print what is kept, and where."""
        stores = self._stores
        shapes = ", ".join(
            " x ".join(map(str, shape)) for shape in stores[0].shapes[: frozen.tensors]
        )
        size = format_bytes(sum(store.bytes for store in stores))
        drawn = f", {frozen.copies} draws of augmentation for each" if frozen.copies else ""
        if self._kept_files is None:
            place = {"memory": "in memory", "disk": "in files"}[stores[0].place]
        else:
            place = f"in {self._kept_files.directory}"
        done = (
            "were computed before"
            if all(store.is_read for store in stores)
            else "are computed once"
        )
        console().print(
            f"Features of the frozen part, {shapes} a sample{drawn}, {done} for {count:,} "
            f"samples and kept {place}: {size}.",
            soft_wrap=True,
            highlight=False,
        )


def _check(place: str, precision: str | None, stays_in: Any, copies: int | None) -> None:
    """Raises for settings that cannot be used."""
    if place not in PLACES:
        raise InputError(
            f"Expected `cache_features` out of {', '.join(PLACES)}. Received: {place!r}"
        )
    if precision is not None and precision not in PRECISIONS:
        raise InputError(
            f"Expected `cache_precision` out of {', '.join(PRECISIONS)}. Received: {precision!r}"
        )
    if stays_in is not None and place in ("memory", "off"):
        raise InputError(
            "Expected cache_features 'auto' or 'disk' with a `cache_directory`, in which features "
            f"are kept in files. Received: {place!r}. Leave one of them out"
        )
    is_number = isinstance(copies, int) and not isinstance(copies, bool)
    if copies is not None and (not is_number or copies < 1):
        raise InputError(f"Expected `cache_copies` of at least 1. Received: {copies!r}")


def _key(division: Division | None) -> Any:
    """What tells features of one division from those of another, or of other weights."""
    if division is None:
        return None
    return division.tensors, checksums(division.fixed.weights)


def _is_same_again(samples: Samples) -> bool:
    """Whether the first batch is the same when it is made again, in arrays of NumPy."""
    first, again = (next(iter(samples.in_order()))[0] for _ in range(2))
    leaves, others = keras.tree.flatten(first), keras.tree.flatten(again)
    return all(
        isinstance(leaf, np.ndarray) and np.array_equal(leaf, other)
        for leaf, other in zip(leaves, others, strict=True)
    )
