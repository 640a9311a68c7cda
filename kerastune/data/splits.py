"""Holding out a part of the samples."""

import math
from collections.abc import Sequence

import numpy as np
from sklearn.model_selection import train_test_split

from kerastune.data.source import Source
from kerastune.errors import InputError


def split(source: Source, fraction: float, *, seed: int) -> tuple[Source, Source]:
    """Holds out a fraction of the samples, of each class alike.

    Args:
        source: `Source`.
        fraction: float between 0 and 1, the part to hold out.
        seed: int, 0 to 4294967295, chooses the samples. The same seed gives the same
            split on every platform and backend.

    Returns:
        A tuple of two `Source`: the rest and the held-out samples, each in the order
        of the source.

    Raises:
        InputError: if the fraction is not between 0 and 1, or there are too few
            samples for each part to have some of each class.

    Example:

    >>> source = Source(list("abcdefgh"), np.arange(8) % 2, ("even", "odd"))
    >>> train, test = split(source, 0.25, seed=0)
    >>> len(train), test.labels
    (6, array([0, 1]))
    """
    if not 0 < fraction < 1:
        raise InputError(f"Expected a fraction between 0 and 1. Received: {fraction}")
    size = len(source)
    held_out_size = min(max(round(size * fraction), 1), size - 1)
    if held_out_size < 1:
        raise InputError(f"Expected at least 2 samples to split. Received: {size}")
    classes = None if source.class_names is None else source.labels
    if source.class_names is not None:
        _check_counts(source.labels, source.class_names, held_out_size)
    rest, held_out = train_test_split(
        np.arange(size), test_size=held_out_size, random_state=seed, stratify=classes
    )
    return source.select(np.sort(rest)), source.select(np.sort(held_out))


def _check_counts(labels: np.ndarray, class_names: Sequence[str], held_out_size: int) -> None:
    """Raises when a class is too small to be in both parts."""
    smaller_part = min(held_out_size, len(labels) - held_out_size)
    fewest = math.ceil(len(labels) / smaller_part)
    for code, count in zip(*np.unique(labels, return_counts=True), strict=True):
        if count < fewest:
            raise InputError(
                f"Expected at least {fewest} samples of each class, to hold out {held_out_size} "
                f"of {len(labels)}. Received: {count} of class {class_names[code]!r}. "
                "Add samples of it, merge it with another class, or leave it out"
            )
