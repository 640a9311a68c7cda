"""Lists of labels, of which several may hold for a sample, as arrays of zeros and ones."""

from collections.abc import Iterable, Sequence
from itertools import chain
from reprlib import repr as shortened
from typing import Any

import numpy as np

from kerastune.data.cells import Where, is_missing
from kerastune.data.columns import Column
from kerastune.data.labels import encode_labels
from kerastune.data.missing import is_absent
from kerastune.data.source import Source
from kerastune.data.token_cells import as_lists
from kerastune.errors import InputError

_ADVICE = (
    "Write lists such as ['a', 'b'], also of one label or none; labels that are no lists are "
    "classes, for a recipe for classification"
)


def label_lists(cells: Iterable[Any], name: str, where: Where) -> list[list[str] | None]:
    """Returns the labels of each sample, None where it is not known which hold.

    Args:
        cells: the cells of a column: lists of text or whole numbers, or texts that spell lists,
            such as `"['a', 'b']"`. An empty list stands for none of the labels.
        name: str, the column, for messages.
        where: function from a position to a str that tells a person where it is.

    Returns:
        List of a list of str, or None for a cell that is empty.

    Raises:
        InputError: if a cell is no list, or a label is neither text nor a whole number.

    Example:

    >>> label_lists([["a", "b"], "['b']", None, []], "tags", "row {}".format)
    [['a', 'b'], ['b'], None, []]
    >>> label_lists(["a"], "tags", "row {}".format)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a list of labels in column 'tags'. Received: 'a' in ...
    """
    return [_labels(cell, position, name, where) for position, cell in enumerate(cells)]


def encode_label_lists(
    lists: Sequence[Sequence[str]], class_names: Sequence[str] | None, where: Where
) -> tuple[np.ndarray, Column]:
    """Turns lists of labels into zeros and ones.

    Args:
        lists: sequence of the labels of each sample.
        class_names: sequence of str, the labels that are known, or None for those found.
        where: function from a position to a str that tells a person where it is.

    Returns:
        A tuple of an int64 array of shape `(samples, labels)`, and its `Column`.

    Raises:
        InputError: if a label is not known, or there are fewer than two.

    Example:

    >>> values, column = encode_label_lists([["b", "a"], [], ["b"]], None, "row {}".format)
    >>> values.tolist(), column.class_names
    ([[1, 1], [0, 0], [0, 1]], ('a', 'b'))
    """
    rows = np.repeat(np.arange(len(lists)), [len(labels) for labels in lists])
    codes, names = encode_labels(
        list(chain.from_iterable(lists)), class_names, where=lambda at: where(int(rows[at]))
    )
    values = np.zeros((len(lists), len(names)), "int64")
    values[rows, codes] = 1
    return values, Column("multilabel", class_names=names, shape=(len(names),))


def with_known_labels(source: Source, name: str, class_names: tuple[str, ...]) -> Source:
    """Returns the source with the labels of the training data, in their order.

    Args:
        source: `Source`.
        name: str, its target of kind `multilabel`.
        class_names: tuple of str, the labels that are known.

    Returns:
        A `Source`.

    Raises:
        InputError: if a label holds that is not known.

    Example:

    >>> column = Column("multilabel", class_names=("a", "b"))
    >>> source = Source({"tags": [[1, 0]]}, {"tags": column}, ("tags",))
    >>> with_known_labels(source, "tags", ("b", "a")).values["tags"].tolist()
    [[0, 1]]
    """
    names = source.columns[name].class_names or ()
    if names == class_names:
        return source
    held = [np.flatnonzero(row) for row in source.values[name]]
    lists = [[names[code] for code in codes] for codes in held]
    where = f"sample {{}} of {source.name}".format
    return source.with_column(name, *encode_label_lists(lists, class_names, where))


def _labels(cell: Any, position: int, name: str, where: Where) -> list[str] | None:
    """Returns the labels of a cell as text, or None for one that is empty."""
    if isinstance(cell, str):
        if is_absent(cell):
            return None
        if not cell.lstrip().startswith("["):
            raise _no_list(cell, position, name, where)
        (cell,) = as_lists([cell], lambda _: where(position))
    elif is_missing(cell):
        return None
    elif not hasattr(cell, "__len__") or hasattr(cell, "keys") or isinstance(cell, bytes):
        raise _no_list(cell, position, name, where)
    for label in cell:
        is_whole = isinstance(label, int | np.integer) and not isinstance(label, bool)
        if not (is_whole or isinstance(label, str)) or is_absent(label):
            raise InputError(
                f"Expected labels that are text or whole numbers in column {name!r}. Received: "
                f"{shortened(label)} in {where(position)}. {_ADVICE}"
            )
    return [str(label) for label in cell]


def _no_list(cell: Any, position: int, name: str, where: Where) -> InputError:
    return InputError(
        f"Expected a list of labels in column {name!r}. Received: {shortened(cell)} in "
        f"{where(position)}. {_ADVICE}"
    )
