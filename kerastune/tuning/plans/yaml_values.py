"""Numbers that YAML 1.1 takes for text."""

import re
from typing import Any

_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?e[+-]?\d+", re.IGNORECASE)


def number_or_same(value: Any) -> Any:
    """Returns the number in a text such as `1e-4`, also inside dictionaries and lists.

    Args:
        value: what YAML read.

    Returns:
        The same with numbers where they were meant.

    Example:

    >>> number_or_same({"head": "1e-4", "values": ["5E1", "cosine"]})
    {'head': 0.0001, 'values': [50.0, 'cosine']}
    """
    if isinstance(value, dict):
        return {key: number_or_same(item) for key, item in value.items()}
    if isinstance(value, list):
        return [number_or_same(item) for item in value]
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    return value
