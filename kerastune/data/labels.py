"""Labels as positions in a list of class names."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerastune.data.coded import MISSING, coded
from kerastune.errors import InputError, closest

_MOST_NAMES_SHOWN = 10


def encode_labels(
    labels: Sequence[Any],
    class_names: Sequence[str] | None = None,
    *,
    where: Callable[[int], str] = "sample {}".format,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Turns labels into positions in the class names.

    Args:
        labels: sequence of labels, which are compared as str, without blanks around them.
        class_names: sequence of str, the classes that are known, such as those of the
            training data. By default, they are the labels in alphabetical order, or
            in numerical order when all of them are whole numbers.
        where: function from a position to a str that tells a person where it is.

    Returns:
        A tuple of an int array of shape `(samples,)` and the class names.

    Raises:
        InputError: if a label is missing (None or NaN), is not among the `class_names`, or,
            when they are not given, if there are fewer than two different labels.

    Example:

    >>> encode_labels(["b", "a", "b"])
    (array([1, 0, 1]), ('a', 'b'))
    >>> encode_labels([10, 9])
    (array([1, 0]), ('9', '10'))
    """
    found = coded(labels)
    missing = np.flatnonzero(found.codes == MISSING)
    if len(missing):
        position = int(missing[0])
        raise InputError(
            f"Expected a label for each sample. Received: {labels[position]} in {where(position)}. "
            "Leave such samples out"
        )
    found = found.converted(lambda label, _: str(label).strip())
    if class_names is None:
        names = _in_order(set(found.values))
        require_two_classes(names)
    else:
        names = tuple(class_names)
    codes = {name.strip(): code for code, name in enumerate(names)}
    for text, position in zip(found.values, found.first, strict=True):
        if text not in codes:
            raise InputError(
                f"Expected labels among the known classes ({_listed(names)}). "
                f"Received: {text!r} in {where(position)}.{closest(text, list(names))}"
            )
    return np.array([codes[text] for text in found.values], dtype=int)[found.codes], names


def require_two_classes(names: Sequence[str]) -> None:
    """Checks that the labels name two classes or more.

    Args:
        names: sequence of str, the different labels.

    Raises:
        InputError: if there are fewer than two.

    Example:

    >>> require_two_classes(["good"])
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected at least two different labels... Received: 'good'
    """
    if len(names) < 2:
        raise InputError(
            "Expected at least two different labels, because a classifier tells classes "
            f"apart. Received: {', '.join(map(repr, names)) or 'no label'}"
        )


def are_whole_numbers(names: Sequence[str] | set[str]) -> bool:
    """Returns whether every name is a whole number, as in ratings.

    Args:
        names: sequence or set of str.

    Returns:
        A bool.

    Example:

    >>> are_whole_numbers(["1", "-5"]), are_whole_numbers(["1", "2.5"])
    (True, False)
    """
    return all(name.removeprefix("-").isdecimal() for name in names)


def _in_order(names: set[str]) -> tuple[str, ...]:
    """Returns the names sorted, with 9 before 10 when they are whole numbers."""
    if are_whole_numbers(names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))


def _listed(names: Sequence[str]) -> str:
    """Returns the names for a message, not too many of them."""
    shown = ", ".join(repr(name) for name in names[:_MOST_NAMES_SHOWN])
    left_out = len(names) - _MOST_NAMES_SHOWN
    return f"{shown} and {left_out} more" if left_out > 0 else shown
