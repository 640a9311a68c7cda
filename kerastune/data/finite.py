"""Numbers that no model learns from are refused, with the row and the column they are in."""

from typing import Any

import numpy as np

from kerastune.data.source import Source
from kerastune.errors import InputError


def require_finite(samples: Source, name: str) -> None:
    """Refuses a column of arrays in memory that holds NaN or infinity.

    Args:
        samples: `Source`.
        name: str, the column. What is read when it is asked for is not looked at.

    Raises:
        InputError: with the first such value, its row in the data as they were given, counted
            from 0, and how many rows have one.

    Example:

    >>> require_finite(Source.of(np.array([[1.0, 2.0], [np.nan, 3.0]]), [0.5, 1.5]), "array")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected finite numbers ... NaN in column 0 of row 1...
    """
    values = samples.values[name]
    if isinstance(values, np.ndarray):
        if values.dtype.kind != "f" or not values.size:
            return
        broken = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
    elif isinstance(values, list):
        broken = np.flatnonzero([not _is_finite(value) for value in values])
    else:
        return
    if len(broken):
        where = _first_not_finite(np.asarray(values[broken[0]]), samples.row(int(broken[0])))
        raise InputError(
            f"Expected finite numbers in the column {name!r} of {samples.name}. Received: {where}; "
            f"{len(broken)} of {len(values)} rows have such. Leave them out, or fill the gaps"
        )


def _is_finite(value: Any) -> bool:
    if not isinstance(value, np.ndarray | np.floating | float):
        return True
    array = np.asarray(value)
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _first_not_finite(value: np.ndarray, row: int) -> str:
    """Returns the first number of a sample that is not finite, and where it is."""
    if value.ndim == 0:
        return f"{broken_number(value.item())} in row {row}"
    index = np.unravel_index(int((~np.isfinite(value)).argmax()), value.shape)
    number = broken_number(value[index].item())
    if value.ndim == 1:
        return f"{number} in column {index[0]} of row {row}"
    return f"{number} at {tuple(int(at) for at in index)} of row {row}"


def broken_number(number: float) -> str:
    """Returns a number that is not finite, as people write it.

    Args:
        number: float.

    Example:

    >>> broken_number(float("nan")), broken_number(-float("inf"))
    ('NaN', '-inf')
    """
    return "NaN" if number != number else repr(number)
