"""One rule for what is missing: None, NaN, NA, NaT, and texts that are empty or blank."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from kerastune.data.cells import is_missing
from kerastune.errors import InputError

_SPELLINGS = ("na", "n/a", "nan", "null", "<na>", "#n/a")


def is_absent(value: Any) -> bool:
    """Returns whether a label or text is missing, blank, or holds a missing number.

    Args:
        value: a label or a text, or, for several quantities, an array or list of numbers.

    Example:

    >>> [is_absent(value) for value in (None, float("nan"), " ", [1.0, None], "a", 0)]
    [True, True, True, True, False, False]
    """
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, np.ndarray) and value.ndim > 0:
        return value.dtype.kind == "f" and bool(np.isnan(value).any())
    if isinstance(value, list | tuple):
        return any(is_missing(number) for number in value)
    return is_missing(value)


def spells_missing(value: Any) -> bool:
    """Returns whether a text of a file without types says that there is no label or text.

    R writes `NA` and pandas may write `nan`. `none`, `?` and `-` can be names of classes.

    Args:
        value: a text; anything else says nothing.

    Example:

    >>> [spells_missing(value) for value in ("NA", "n/a", "none", 5)]
    [True, True, False, False]
    """
    return isinstance(value, str) and value.strip().lower() in _SPELLINGS


def all_labels(targets: Iterable[Sequence[Any]]) -> list[Any]:
    """Returns the labels of samples with several targets, as one each: None where one is missing.

    Args:
        targets: the labels of each target, of one length.

    Returns:
        List of tuple or None.

    Example:

    >>> all_labels([["cat", "dog"], [0.5, None]])
    [('cat', 0.5), None]
    """
    rows = zip(*targets, strict=True)
    return [None if any(map(is_absent, row)) else row for row in rows]


def labelled(
    labels: Sequence[Any], *, name: str, unit: str = "samples"
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Returns the samples that have a label, and a note on the others.

    Args:
        labels: sequence of labels.
        name: str, what the samples are, for messages.
        unit: str, what to call the samples in the note. Defaults to `"samples"`.

    Returns:
        A tuple of the positions of the labels, an int array in ascending order, and a tuple with
        a note if there are others.

    Raises:
        InputError: if there are samples, and none has a label.

    Example:

    >>> labelled(["cat", None, "dog", " "], name="pets")
    (array([0, 2]), ('2 of 4 samples dropped: no label',))
    """
    present = np.flatnonzero([not is_absent(label) for label in labels]).astype(int)
    if len(labels) and not len(present):
        raise InputError(
            f"Expected labels in {name}. Received: none with {len(labels)} {unit}. Give the column "
            "of labels"
        )
    dropped = len(labels) - len(present)
    notes = (f"{dropped} of {len(labels)} {unit} dropped: no label",) if dropped else ()
    return present, notes
