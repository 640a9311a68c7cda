"""Splits that keep the samples of a group together."""

from collections.abc import Sequence

import numpy as np

from kerastune.data.source import Source
from kerastune.errors import InputError


def groups_of(source: Source) -> Sequence[str] | None:
    """Returns the group of each sample, or None where the samples have none.

    Args:
        source: `Source`, whose groups are its column of kind `group`.

    Example:

    >>> groups_of(Source.of(["a"], [0.5])) is None
    True
    """
    names = [name for name, column in source.columns.items() if column.kind == "group"]
    return source.values[names[0]] if names else None


def without_groups(source: Source) -> Source:
    """Returns the samples without the column that tells their groups.

    Args:
        source: `Source`.

    Example:

    >>> without_groups(Source.of(["a"], [0.5])).inputs
    ('text',)
    """
    kept = {name: column for name, column in source.columns.items() if column.kind != "group"}
    values = {name: source.values[name] for name in kept}
    return Source(values, kept, source.targets, source.name, source.notes, source.rows)


def split_by_group(
    groups: Sequence[str], fraction: float, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Holds out whole groups, drawn one by one until they have a fraction of the samples.

    Args:
        groups: sequence of str, the group of each sample.
        fraction: float between 0 and 1.
        seed: int, chooses the groups.

    Returns:
        A tuple of two int arrays: the positions that are left, and those held out.

    Raises:
        InputError: if there is one group only.

    Example:

    >>> rest, held_out = split_by_group(["a", "a", "b", "c"], 0.25, seed=0)
    >>> rest.tolist(), held_out.tolist()
    ([0, 1, 2], [3])
    """
    names, codes, counts = np.unique(list(groups), return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise InputError(
            f"Expected samples of at least 2 groups to split. Received: {len(names)}. Hold out none"
        )
    order = np.random.default_rng(seed).permutation(len(names))
    enough = int(np.searchsorted(np.cumsum(counts[order]), fraction * len(codes)))
    chosen = order[: min(enough + 1, len(names) - 1)]
    is_held_out = np.isin(codes, chosen)
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
