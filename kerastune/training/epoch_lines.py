"""Which epochs are shown where not all can be, and in which order what was measured in them."""

from collections.abc import Iterable

import numpy as np

_MOST_LINES = 20


def printed_epochs(epochs: int) -> set[int]:
    """The epochs of a plan that have a line: close to each other at first, then far apart.

    Args:
        epochs: int, the epochs of the plan.

    Returns:
        Set of int, at most 20, counted from one. The first and the last are in it.

    Example:

    >>> printed_epochs(3), 1000 in printed_epochs(1000), len(printed_epochs(1000))
    ({1, 2, 3}, True, 19)
    """
    if epochs <= _MOST_LINES:
        return set(range(1, epochs + 1))
    return set(np.geomspace(1, epochs, _MOST_LINES).round().astype(int).tolist())


def in_order(names: Iterable[str]) -> list[str]:
    """Names of what was measured: the loss first, what was validated last.

    Args:
        names: iterable of str, in which a name may come again.

    Returns:
        List of str, each once.

    Example:

    >>> in_order(["val_loss", "accuracy", "loss", "loss"])
    ['loss', 'accuracy', 'val_loss']
    """
    return sorted(
        dict.fromkeys(names),
        key=lambda name: (name.startswith("val_"), name.removeprefix("val_") != "loss"),
    )
