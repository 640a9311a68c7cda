"""A model's inputs in words, and how one input is told from a sequence of them."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np
from PIL import Image

from kerastune.data.cell_kinds import TABLE_KINDS
from kerastune.data.columns import Column
from kerastune.data.table_notes import listed

_CHANNELS = (1, 2, 3, 4)
_READS = {
    "audio": "recordings: a file, an array of shape (samples,), a sequence of them, or a folder of "
    "files",
    "text": "texts: one, a sequence of them, or a table with the column {name!r}",
    "image": "images: a file, an array of shape (height, width, channels) or a PIL image, a "
    "sequence of them, or a folder of files",
    "tokens": "tokens: the list of those of a sentence, or a sequence of such lists",
}


def described_inputs(columns: Mapping[str, Column]) -> str:
    """Returns a description of a model's inputs, for a message.

    Args:
        columns: dictionary from the name of each input to its `Column`.

    Example:

    >>> described_inputs({"text": Column("text")})
    "This run reads texts: one, a sequence of them, or a table with the column 'text'"
    >>> described_inputs({"age": Column("number"), "city": Column("category")})
    "This run reads rows of a table with the columns 'age', 'city'"
    """
    if is_table(columns):
        return f"This run reads rows of a table with the columns {listed(list(columns))}"
    if len(columns) > 1:
        described = ", ".join(f"{name!r} ({column.kind})" for name, column in columns.items())
        return f"This run reads samples with the columns {described}"
    ((name, column),) = columns.items()
    if column.kind in _READS:
        return f"This run reads {_READS[column.kind].format(name=name)}"
    shape = f" of shape {column.shape}" if column.shape else ""
    return f"This run reads {name!r}: arrays of numbers{shape}, one or a sequence of them"


def is_table(columns: Mapping[str, Column]) -> bool:
    """Returns whether all inputs are columns of a table: numbers, categories or dates.

    Args:
        columns: dictionary from the name of each input to its `Column`.

    Example:

    >>> is_table({"age": Column("number")}), is_table({"text": Column("text")})
    (True, False)
    """
    return all(column.kind in TABLE_KINDS for column in columns.values())


def is_single(value: Any, column: Column) -> bool:
    """Returns whether something is one value of a column, and not a sequence of values.

    Args:
        value: anything.
        column: the `Column`.

    Example:

    >>> is_single("a sentence", Column("text")), is_single(["a sentence"], Column("text"))
    (True, False)
    >>> is_single([0.5, 1.5], Column("array", shape=(2,)))
    True
    """
    if column.kind == "text":
        return isinstance(value, str)
    if column.kind == "image":
        return isinstance(value, str | bytes | PathLike | Image.Image) or _is_image(value)
    if column.kind == "audio":
        return isinstance(value, str | PathLike) or _dimensions(value) == 1
    if column.kind == "tokens":
        return isinstance(value, list | tuple) and _are_texts(value)
    if column.kind in TABLE_KINDS:
        return isinstance(value, str) or not hasattr(value, "__len__")
    return bool(column.shape) and _dimensions(value) == len(column.shape)


def _is_image(value: Any) -> bool:
    """Returns whether an array is one image, and not a stack of grey ones."""
    dimensions = _dimensions(value)
    return dimensions == 2 or (dimensions == 3 and np.shape(value)[-1] in _CHANNELS)


def _are_texts(values: Sequence[Any]) -> bool:
    return len(values) > 0 and all(isinstance(value, str) for value in values)


def _dimensions(value: Any) -> int | None:
    """Returns the number of dimensions of an array or of nested lists of numbers."""
    depth = 0
    while isinstance(value, list | tuple) and len(value):
        value, depth = value[0], depth + 1
    if isinstance(value, int | float):
        return depth
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is None or (isinstance(dtype, np.dtype) and dtype.kind not in "iufb"):
        return None
    return depth + len(shape)
