"""Description of a column: its kind, its classes, the shape of one value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerastune.errors import InputError

KINDS = {
    "text": "a str",
    "image": "an array of shape (height, width, channels), values from 0 to 255",
    "audio": "an array of shape (samples,), values from -1 to 1",
    "array": "an array of numbers of any shape, the same for every sample",
    "number": "a number, or NaN or None where it is missing",
    "category": "a str, or None where it is missing",
    "date": "a datetime, or None where it is missing",
    "class": "an int, the position in the class names",
    "multilabel": "an array of shape (labels,), 1 for each label that holds and 0 for the others",
    "quantity": "a number, or an array of shape (outputs,)",
    "group": "a str; samples of one group are never shared out between training and test",
    "tokens": "a list of str",
    "tags": "a list of int, the positions in the class names, one for each token",
    "phonemes": "a list of str, what is said in a recording, in its order; any of the class names",
    "boxes": "an array of shape (objects, 5): left, top, right, bottom in pixels, and the class",
}
"""The kinds that this library knows, and what a value of each is. Others may be added."""

_WITH_CLASSES = ("class", "multilabel", "tags", "phonemes", "boxes")


@dataclass(frozen=True)
class Column:
    """Description of a column without its values.

    Args:
        kind: str, a key of `KINDS`, or a kind of your own.
        class_names: tuple of str, for the kinds `class`, `multilabel`, `tags`, `phonemes` and
            `boxes`; for `category`, the categories, if they are known. Else None.
        shape: tuple of int or None, the shape of one value, for kinds that are arrays. None
            in it stands for what may differ from sample to sample. Defaults to `()`.
        sample_rate: int, samples a second, for the kind `audio`. Defaults to None.

    Raises:
        InputError: if a kind that needs class names has none.

    Example:

    >>> Column("class", class_names=("no", "yes")).described
    'class (2 classes)'
    >>> Column("image", shape=(28, 28, 1)).described
    'image (28 x 28 x 1)'
    """

    kind: str
    class_names: tuple[str, ...] | None = None
    shape: tuple[int | None, ...] = ()
    sample_rate: int | None = None

    def __post_init__(self) -> None:
        if self.kind in _WITH_CLASSES and self.class_names is None:
            raise InputError(
                f"Expected class names for a column of kind {self.kind!r}. Received: none"
            )
        for name in ("class_names", "shape"):
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))

    @property
    def described(self) -> str:
        """str, the kind with its classes or shape, for messages and reports."""
        if self.class_names is not None and self.kind in _WITH_CLASSES:
            return f"{self.kind} ({len(self.class_names)} classes)"
        if self.shape:
            return f"{self.kind} ({' x '.join('?' if n is None else str(n) for n in self.shape)})"
        return self.kind

    def to_dict(self) -> dict[str, Any]:
        """Returns the description, for JSON; `Column(**values)` reads it back."""
        described = {
            "kind": self.kind,
            "class_names": None if self.class_names is None else list(self.class_names),
            "shape": list(self.shape),
        }
        rate = self.sample_rate
        return described if rate is None else {**described, "sample_rate": rate}


def input_column(values: Any) -> Column:
    """Returns the description of a column of inputs, from its first value.

    Strings are texts, lists of strings tokens, arrays of three dimensions images, other
    arrays of one or more dimensions arrays, and single numbers numbers.

    Args:
        values: sequence of values; at least one.

    Returns:
        A `Column`.

    Raises:
        InputError: if there is no value, or the first is of no known kind.

    Example:

    >>> input_column(["a sentence"]).kind, input_column(np.zeros((5, 8, 8, 3))).described
    ('text', 'image (8 x 8 x 3)')
    """
    if not len(values):
        raise InputError("Expected at least one sample. Received: none")
    first = values[0]
    if isinstance(first, str):
        return Column("text")
    if isinstance(first, list | tuple) and first and all(isinstance(part, str) for part in first):
        return Column("tokens")
    array = np.asarray(first)
    if array.dtype.kind not in "iufb" or not array.size:
        raise InputError(
            "Expected inputs that are texts, lists of tokens, or arrays of numbers. "
            f"Received: {type(first).__name__}{'' if array.size else ', empty'} as the first"
        )
    if array.ndim == 0:
        return Column("number")
    return Column("image" if array.ndim == 3 else "array", shape=array.shape)


def shapes_agree(found: Sequence[int | None], expected: Sequence[int | None]) -> bool:
    """Returns whether two shapes are the same, where both are known.

    Args:
        found: lengths, None for one that is not known or may differ.
        expected: likewise.

    Example:

    >>> shapes_agree((3, 4), (3, None)), shapes_agree((3,), (3, 4))
    (True, False)
    """
    return len(found) == len(expected) and all(
        one is None or other is None or one == other
        for one, other in zip(found, expected, strict=True)
    )
