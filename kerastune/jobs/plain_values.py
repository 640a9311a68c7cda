"""Arguments as a configuration file can hold them."""

from collections.abc import Mapping
from numbers import Real
from pathlib import PurePath
from typing import Any

import numpy as np

from kerastune.jobs.run_options import plain_number


def plain(value: Any) -> Any:
    """An argument as YAML can hold it; what it cannot becomes the name of its type.

    Args:
        value: anything.

    Returns:
        Dictionaries, lists, text, numbers, bools and None.

    Example:

    >>> plain({"rates": (np.float32(0.5), None)}), plain(np.zeros(3))
    ({'rates': [0.5, None]}, '<ndarray>')
    """
    if hasattr(value, "to_dict"):
        return plain(value.to_dict())
    if not _is_plain(value):
        return f"<{type(value).__name__}>"
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | np.bool_):
        return None if value is None else bool(value)
    # Not as they are: YAML knows no numbers and texts of NumPy.
    return plain_number(value) if isinstance(value, Real) else str(value)


def _is_plain(value: Any) -> bool:
    """Whether YAML can hold a value with all that is in it."""
    if isinstance(value, Mapping):
        return all(_is_plain(item) for item in value.values())
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, str | bool | np.bool_ | Real | PurePath)
