"""Inputs that are not finite are refused before the first step."""

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from kerastune.backends.tensorflow_values import is_ragged
from kerastune.data.finite import broken_number
from kerastune.errors import InputError

_ADVICE = (
    "Leave such samples out, or fill the gaps. If the model is meant to take them, as by a layer "
    "that imputes, give the data as batches, such as a keras.utils.PyDataset, which are not checked"
)


def check_finite(model: keras.Model, given: Any, arrays: Any, what: str = "data") -> None:
    """Refuse inputs and sample weights in memory that hold NaN or infinity.

    Numbers that are infinite in the float type of Keras, such as 1e300 in float32, are too.

    Args:
        model: a Keras model, which names its inputs.
        given: data as they were given, which name columns if they are frames.
        arrays: `(x, y)` or `(x, y, sample_weight)` as `given_data` makes them of these. Data that
            make their own batches are not checked, nor are labels: see `check_labels`.
        what: str, what the data are, for messages.

    Raises:
        InputError: with the first such number, its input, its row, counted from 0, and its
            column, and how many rows have one.

    Example:

    >>> model = keras.Sequential([keras.Input((2,), name="x"), keras.layers.Dense(1)])
    >>> data = np.array([[1.0, 2.0], [np.nan, 3.0]]), np.zeros(2)
    >>> check_finite(model, data, data)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected finite numbers in the input 'x' of data. Received: NaN
    in column 0 of row 1; 1 of 2 rows has such. ...
    """
    if not isinstance(arrays, tuple) or len(arrays) not in (2, 3):
        return
    names = [str(one.name) for one in getattr(model, "inputs", None) or ()]
    only = names[0] if len(names) == 1 else ""
    for name, source, leaf in _leaves(given[0], arrays[0], names):
        known = name or only
        _check(leaf, f"the input {known!r} of {what}" if known else f"the inputs of {what}", source)
    if len(arrays) == 3:
        for _, source, leaf in _leaves(given[2], arrays[2], []):
            _check(leaf, f"the sample weights of {what}", source)


def _leaves(given: Any, arrays: Any, names: list[str]) -> Iterator[tuple[str, Any, Any]]:
    """The arrays of a structure, each with its name, if there are several, and what it was."""
    if isinstance(arrays, Mapping):
        parts = [(str(key), key, arrays[key]) for key in arrays]
    elif isinstance(arrays, tuple):
        known = names if len(names) == len(arrays) else map(str, range(len(arrays)))
        parts = [(name, at, arrays[at]) for at, name in enumerate(known)]
    else:
        if arrays is not None:
            yield "", given, arrays
        return
    for name, key, leaf in parts:
        try:
            source = given[key]
        except (KeyError, IndexError, TypeError):
            source = None  # One array of weights, say, was shared out to several outputs.
        for inner, found, array in _leaves(source, leaf, []):
            yield f"{name}/{inner}" if inner else name, found, array


def _check(leaf: Any, where: str, source: Any) -> None:
    """Raise for an array with a number that is not finite."""
    if hasattr(leaf, "tocsr"):
        entries = leaf.tocoo()
        broken = ~_are_finite(entries.data)
        places = np.stack([entries.row[broken], entries.col[broken]], axis=1)
        _refuse(entries.data[broken], places, leaf.shape[0], where, source)
    elif is_ragged(leaf):
        values = np.asarray(leaf.flat_values)
        broken = np.argwhere(~_are_finite(values))
        *outer, rows = [np.asarray(ids) for ids in leaf.nested_value_rowids()]
        for ids in reversed(outer):
            rows = ids[rows]
        # Of what a ragged tensor holds, only the row is told.
        _refuse(values[tuple(broken.T)], rows[broken[:, :1]], int(leaf.nrows()), where, source)
    elif isinstance(leaf, np.ndarray):
        finite = _are_finite(leaf)
        if not finite.all():
            places = np.argwhere(~finite)
            _refuse(leaf[~finite], places, len(leaf), where, source)


def _are_finite(values: np.ndarray) -> np.ndarray:
    """Which numbers stay finite in the float type in which a model takes them."""
    # The kind of bfloat16, which is no type of NumPy's own, is V.
    if values.dtype.kind not in "fV" or values.dtype.names is not None:
        return np.ones(values.shape, bool)
    with np.errstate(over="ignore"):
        return np.isfinite(values.astype(keras.config.floatx(), copy=False))


def _refuse(numbers: np.ndarray, places: np.ndarray, rows: int, where: str, source: Any) -> None:
    """Raise if there are numbers that are not finite, for the first in the order of rows."""
    if not len(numbers):
        return
    first = np.lexsort(places.T[::-1])[0]
    row, *inside = (int(at) for at in places[first])
    columns = list(map(str, getattr(source, "columns", ())))
    if len(inside) == 1:
        name = repr(columns[inside[0]]) if inside[0] < len(columns) else str(inside[0])
        column = f" in column {name}"
    else:
        column = f" at {tuple(inside)}" if inside else ""
    count = len(np.unique(places[:, 0]))
    raise InputError(
        f"Expected finite numbers in {where}. Received: {_named(numbers[first])}{column} of row "
        f"{row}; {count} of {rows} rows {'has' if count == 1 else 'have'} such. {_ADVICE}"
    )


def _named(number: Any) -> str:
    """A number that is not finite, as people write it."""
    value = float(number)
    if np.isfinite(value):
        return f"{value!r} (infinite as {keras.config.floatx()})"
    return broken_number(value)
