"""Holding out a part of the samples, or choosing a few."""

from collections.abc import Sequence

import numpy as np
from sklearn.model_selection import train_test_split

from kerastune.data.source import Source
from kerastune.errors import InputError


def split(source: Source, fraction: float, *, seed: int) -> tuple[Source, Source]:
    """Hold out a fraction of the samples, of each class alike.

    A class so rare that its share of a part is less than one sample can be absent from
    that part.

    Args:
        source: `Source`.
        fraction: float between 0 and 1, the part to hold out.
        seed: int, 0 to 4294967295, chooses the samples. The same seed gives the same
            split on every platform and backend.

    Returns:
        A tuple of two `Source`: the rest and the held-out samples, each in the order
        of the source.

    Raises:
        InputError: if the fraction is not between 0 and 1, if a class has fewer than
            two samples, or if a part has fewer samples than there are classes.

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
        raise InputError(f"Expected at least 2 samples to split. Received: {size}. Hold out none")
    if source.class_names is None:
        rest, held_out = train_test_split(
            np.arange(size), test_size=held_out_size, random_state=seed
        )
    else:
        _check_counts(source.labels, source.class_names, held_out_size)
        rest, held_out = train_test_split(
            np.arange(size), test_size=held_out_size, random_state=seed, stratify=source.labels
        )
    return source.select(np.sort(rest)), source.select(np.sort(held_out))


def few_of_each_class(source: Source, count: int, *, seed: int) -> tuple[Source, Source]:
    """Choose a few samples of each class, to see what can be learned from them.

    Args:
        source: `Source` with classes.
        count: int, samples of each class, at least 1.
        seed: int, not negative, chooses the samples.

    Returns:
        A tuple of two `Source`: the chosen samples and the rest, each in the order of
        the source.

    Raises:
        InputError: if a class has fewer samples, or none are left for the rest.

    Example:

    >>> source = Source(list("abcdef"), np.arange(6) % 2, ("even", "odd"))
    >>> few, rest = few_of_each_class(source, 2, seed=0)
    >>> few.labels, rest.labels
    (array([0, 1, 0, 1]), array([1, 0]))
    """
    if count < 1:
        raise InputError(f"Expected at least 1 sample of each class. Received: {count}")
    generator = np.random.default_rng(seed)
    chosen = np.zeros(len(source), dtype=bool)
    for code, name in enumerate(source.classes):
        positions = np.flatnonzero(source.labels == code)
        if len(positions) < count:
            raise InputError(
                f"Expected at least {count} samples of each class in {source.name}. "
                f"Received: {len(positions)} of {name!r}. Choose fewer, or leave that class out"
            )
        chosen[generator.permutation(positions)[:count]] = True
    if chosen.all():
        raise InputError(
            f"Expected more than {count} samples of some class in {source.name}, to leave a rest. "
            f"Received: {len(source)} samples. Choose fewer"
        )
    return source.select(np.flatnonzero(chosen)), source.select(np.flatnonzero(~chosen))


def _check_counts(labels: np.ndarray, class_names: Sequence[str], held_out_size: int) -> None:
    """Raise when the samples cannot be split by class."""
    codes, counts = np.unique(labels, return_counts=True)
    rarest = int(counts.argmin())
    if counts[rarest] < 2:
        raise InputError(
            "Expected at least 2 samples of each class, to split them. "
            f"Received: {counts[rarest]} of class {class_names[codes[rarest]]!r}. "
            "Add samples of it, merge it with another class, or leave it out"
        )
    rest_size = len(labels) - held_out_size
    if held_out_size < len(codes):
        raise InputError(
            f"Expected at least {len(codes)} samples to hold out, one for each class. "
            f"Received: {held_out_size} of {len(labels)} samples. "
            "Add samples, hold out a larger share, or none"
        )
    if rest_size < len(codes):
        raise InputError(
            f"Expected at least {len(codes)} samples to be left, one for each class. "
            f"Received: {rest_size} of {len(labels)} samples. "
            "Add samples, hold out a smaller share, or none"
        )


def samples_by_use(train: Source, test: Source, validation_fraction: float) -> dict[str, Source]:
    """What a recipe trains, validates and tests on.

    Args:
        train: `Source` of the samples that are not for the test.
        test: `Source` of those that are.
        validation_fraction: float, the share of `train` that is held out for validation, in
            the same way whatever the seed of a run; 0 for none.

    Returns:
        Dictionary from `"training"`, `"validation"` (if there is any) and `"test"` to a
        `Source`.

    Raises:
        InputError: as for `split`.

    Example:

    >>> source = Source(list("abcdefgh"), np.arange(8) % 2, ("even", "odd"))
    >>> {use: len(part) for use, part in samples_by_use(source, source, 0.25).items()}
    {'training': 6, 'validation': 2, 'test': 8}
    """
    if not validation_fraction:
        return {"training": train, "test": test}
    fitted, validation = split(train, validation_fraction, seed=0)
    return {"training": fitted, "validation": validation, "test": test}
