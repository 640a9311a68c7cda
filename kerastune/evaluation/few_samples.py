"""Baselines that are fitted to a part of many samples."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from kerastune.evaluation.evaluation import Evaluation

if TYPE_CHECKING:
    from kerastune.data import Source, Splits

    Baseline = Callable[[Splits], dict[str, Evaluation]]

MOST_SAMPLES = 50_000
"""The most samples that a baseline is fitted to, where more would cost much and change little."""

_AT_ONCE = 8192


def on_few_samples(baseline: "Baseline") -> "Baseline":
    """Returns a baseline that is fitted to at most 50,000 samples, drawn with a fixed seed.

    Of one target with classes, each class has its share. The test samples are all of them.

    Args:
        baseline: function from `Splits`.

    Example:

    >>> from kerastune.baselines import tf_idf
    >>> limited_baselines([tf_idf])
    ['tf_idf']
    """

    @wraps(baseline)
    def limited(splits: "Splits", *arguments: Any, **settings: Any) -> dict[str, Evaluation]:
        return baseline(with_few_samples(splits), *arguments, **settings)

    return limits_itself(limited)


def limits_itself(baseline: "Baseline") -> "Baseline":
    """Returns a baseline that fits itself to at most 50,000 samples, marked so for the notes.

    Args:
        baseline: function from `Splits` that calls `with_few_samples`.

    Example:

    >>> limited_baselines([limits_itself(lambda splits: {})])
    ['<lambda>']
    """
    baseline.most_samples = MOST_SAMPLES  # type: ignore[attr-defined]
    return baseline


def limited_baselines(baselines: Iterable[Callable[..., Any]]) -> list[str]:
    """Returns the names of the baselines that are fitted to a part of many samples.

    Args:
        baselines: iterable of functions.
    """
    return [one.__name__ for one in baselines if hasattr(one, "most_samples")]


def few_samples_note(splits: "Splits", baselines: Iterable[Callable[..., Any]]) -> tuple[str, ...]:
    """Returns a note on the baselines that are fitted to a part of the samples, if any are.

    Args:
        splits: `Splits`.
        baselines: iterable of functions.

    Returns:
        Tuple of one str, or an empty one.
    """
    size = sum(len(part) for use, part in splits.parts.items() if use != "test")
    names = limited_baselines(baselines)
    if size <= MOST_SAMPLES or not names:
        return ()
    return (f"baselines fitted to {MOST_SAMPLES:,} of {size:,} samples: {', '.join(names)}",)


def with_few_samples(splits: "Splits", most: int = MOST_SAMPLES) -> "Splits":
    """Returns splits without validation samples, and with a part of all others but the test's.

    Args:
        splits: `Splits`, which are returned as they are if there are not more samples.
        most: int, how many samples to take. Defaults to 50,000.

    Example:

    >>> from kerastune.data import Source, Splits
    >>> samples = Source.of(list("abcdef"), [0, 1, 1, 1, 1, 1], class_names=("few", "many"))
    >>> with_few_samples(Splits(samples, samples), 3).training.values["label"].tolist()
    [0, 1, 1]
    """
    first, second = splits.training, splits.validation
    size = len(first) + (0 if second is None else len(second))
    if size <= most:
        return splits
    chosen = _drawn(_labels(splits), size, most)
    taken = first.select(chosen[chosen < len(first)])
    if second is not None:
        rest = chosen[chosen >= len(first)] - len(first)
        taken = taken.joined(second.select(rest)) if len(rest) else taken
    return replace(splits, training=taken, validation=None)


def in_pieces(function: "Callable[[Source], Any]", samples: "Source") -> np.ndarray:
    """Returns what a function gives for samples, called with some thousands at a time.

    Args:
        function: function from a `Source` to an array, a row a sample.
        samples: `Source`.
    """
    starts = range(0, len(samples), _AT_ONCE)
    if len(starts) <= 1:
        return np.asarray(function(samples))
    rows = [np.arange(start, min(start + _AT_ONCE, len(samples))) for start in starts]
    return np.concatenate([np.asarray(function(samples.select(one))) for one in rows])


def _labels(splits: "Splits") -> np.ndarray | None:
    """Returns the only target with classes, of all samples but the test's."""
    names = [name for name in splits.training.targets if splits.columns[name].kind == "class"]
    if len(names) != 1:
        return None
    parts = [part for use, part in splits.parts.items() if use != "test"]
    return np.concatenate([np.asarray(part.values[names[0]]) for part in parts])


def _drawn(labels: np.ndarray | None, size: int, most: int) -> np.ndarray:
    """Returns positions in ascending order: at least one of each class, and its share of others."""
    generator = np.random.default_rng(0)
    if labels is None:
        return np.sort(generator.choice(size, most, replace=False))
    order = generator.permutation(size)
    _, counts = np.unique(labels, return_counts=True)
    shares = 1 + (counts - 1) * max(most - len(counts), 0) // max(size - len(counts), 1)
    by_class = order[np.argsort(labels[order], kind="stable")]
    starts = np.cumsum(counts) - counts
    parts = [by_class[start : start + share] for start, share in zip(starts, shares, strict=True)]
    return np.sort(np.concatenate(parts))
