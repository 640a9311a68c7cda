"""A fingerprint of samples, by which one can tell whether two runs had the same."""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

from kerastune.data.in_pieces import InPieces
from kerastune.data.lazy import item_key
from kerastune.data.source import Source

_DIGITS = 16
_ROWS = 1024  # Hashed at a time, so that an array that is read from a disk need not fit.
_LOOKED_AT = 100


def fingerprint(samples: Source) -> str:
    """Returns a fingerprint of samples: the same for the same samples on every machine and backend.

    It is a SHA-256 of the columns, with their kinds and classes, and of their values in order.
    Of image files it takes names and sizes in bytes, and of other values that are read when
    they are asked for (such as those of TensorFlow Datasets) how many there are and 100 of
    them, evenly spread, so that it costs little.

    Args:
        samples: `Source`.

    Returns:
        The first 16 hexadecimal digits, str.

    Example:

    >>> one, other = Source.of(["a", "b"], [0.5, 1.5]), Source.of(["b", "a"], [0.5, 1.5])
    >>> fingerprint(one) == fingerprint(Source.of(["a", "b"], [0.5, 1.5]))
    True
    >>> fingerprint(one) == fingerprint(other)
    False
    """
    digest = hashlib.sha256()
    for name, column in samples.columns.items():
        _add(digest, [name, column.kind, list(column.class_names or ()), name in samples.targets])
        _add_column(digest, samples.values[name])
    return digest.hexdigest()[:_DIGITS]


def _add_column(digest: Any, values: Any) -> None:
    """Hashes the values of a column."""
    if isinstance(values, np.ndarray) and values.dtype.kind != "O":
        _add(digest, [*values.shape])
        for start in range(0, len(values), _ROWS):
            _add_array(digest, values[start : start + _ROWS])
    elif isinstance(values, InPieces):
        # As for a list, a piece at a time.
        digest.update(b"l%d:" % len(values))
        for value in values:
            _add(digest, value)
    elif isinstance(values, list | tuple | np.ndarray):
        _add(digest, list(values))
    else:
        count = len(values)
        _add(digest, count)
        names = [item_key(values, position) for position in range(count)]
        if count and all(name is not None for name in names):
            _add(digest, names)
        else:
            indices = np.unique(np.linspace(0, count - 1, min(count, _LOOKED_AT)).astype(int))
            _add(digest, [values[int(index)] for index in indices])


def _add(digest: Any, value: Any) -> None:
    """Hashes a value, with what tells it from any other."""
    if isinstance(value, str):
        encoded = value.encode("utf-8", "surrogatepass")
        digest.update(b"s%d:" % len(encoded) + encoded)
    elif isinstance(value, bytes):
        digest.update(b"b%d:" % len(value) + value)
    elif isinstance(value, np.ndarray) and value.dtype.kind != "O":
        _add(digest, [*value.shape])
        _add_array(digest, value)
    elif isinstance(value, Mapping):
        _add(digest, [[str(name), item] for name, item in value.items()])
    elif isinstance(value, Sequence | np.ndarray):
        digest.update(b"l%d:" % len(value))
        for item in value:
            _add(digest, item)
    elif isinstance(value, np.generic):
        _add(digest, value.item())
    elif isinstance(value, Integral):
        digest.update(b"i%d;" % int(value))
    elif isinstance(value, Real | Decimal):
        digest.update(b"f%s;" % repr(float(value)).encode())
    else:
        # What an object prints may hold where it is in memory; dates have a form of their own.
        shown = value.isoformat() if hasattr(value, "isoformat") else type(value).__name__
        _add(digest, f"o{shown}")


def _add_array(digest: Any, values: np.ndarray) -> None:
    """Hashes numbers, dates or texts, whatever the machine's order of bytes and size of an int."""
    if values.dtype.kind in "iu" and values.dtype.itemsize > 1:
        values = values.astype("<i8")
    elif values.dtype.kind == "f":
        # There are many NaN, which mean the same.
        values = np.where(np.isnan(values), np.nan, values).astype(values.dtype.newbyteorder("<"))
    elif values.dtype.kind not in "iub":
        values = np.char.encode(values.astype("U"), "utf-8")
    digest.update(values.dtype.str.encode() + np.ascontiguousarray(values).tobytes())
