"""Targets of an ordinal head as ranks."""

import numpy as np

from kerastune.data import reads_nothing
from kerastune.errors import InputError

_MOST_RANKS = 100


def ranks_of(
    targets: np.ndarray, class_names: tuple[str, ...], values: tuple[float, ...] | None
) -> np.ndarray:
    """Returns targets as positions in the class names.

    Args:
        targets: int array of shape `(samples,)`, positions in `class_names`; or array of
            quantities out of `values`, of shape `(samples,)` or `(samples, 1)`.
        class_names: tuple of str, the lowest first.
        values: tuple of floats, the quantity of each class, or None.

    Returns:
        int array of shape `(samples,)`.

    Raises:
        InputError: if a target is none of the classes or quantities.

    Example:

    >>> ranks_of(np.array([5.0, 3.0]), ("3", "5"), (3.0, 5.0)).tolist()
    [1, 0]
    """
    found = np.asarray(targets)
    if values is None:
        known, ranks = np.arange(len(class_names)), found
    else:
        found = found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found
        known = np.asarray(values)
        ranks = np.minimum(np.searchsorted(known, found), len(known) - 1)
    strange = found[~np.isin(found, known)]
    if found.ndim != 1 or strange.size:
        raise InputError(
            "Expected one target a sample, out of "
            f"{'the positions of ' if values is None else ''}{_listed(class_names)}"
            f". Received: shape {found.shape}, {strange.size} others"
            + (f" such as {strange.ravel()[0]}" if strange.size else "")
            + (". Give all that there may be as `values`" if values is not None else "")
        )
    return ranks.astype(int)


def whole_quantities(values: np.ndarray, name: str) -> tuple[float, ...]:
    """Returns the different whole numbers of a target, in ascending order.

    Args:
        values: array of quantities, one a sample.
        name: str, the column, for messages.

    Raises:
        InputError: if they are not whole numbers, more than 100 different ones, or nothing is
            read of the data.

    Example:

    >>> whole_quantities(np.array([5.0, 3.0, 5.0]), "stars")
    (3.0, 5.0)
    """
    if reads_nothing():
        raise InputError(
            f"Expected the quantities in {name!r}, because the ranks of an ordinal head are those "
            "that occur. Received: made-up samples, because nothing is read to count a model. "
            "Give `values`, or choose another head"
        )
    distinct = np.unique(values.astype("float64"))
    is_single = values.ndim == 1 or values.shape[1:] == (1,)
    if (
        not is_single
        or not np.array_equal(distinct, np.round(distinct))
        or len(distinct) > _MOST_RANKS
    ):
        raise InputError(
            f"Expected one whole number a sample in {name!r}, no more than {_MOST_RANKS} "
            f"different ones. Received: values of shape {values.shape[1:]}, {len(distinct)} "
            f"different ones such as {distinct[0]:g} and {distinct[-1]:g}. Choose another head "
            "for quantities, such as `regression`"
        )
    return tuple(distinct.tolist())


def _listed(names: tuple[str, ...]) -> str:
    """Returns class names for a message, not too many of them."""
    few = ", ".join(names[:10])
    return few if len(names) <= 10 else f"{few} and {len(names) - 10} more"
