"""Values of heads: as a report shows them, and as a configuration holds them."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np


def report_value(value: Any) -> Any:
    """Returns an answer or a target as a report shows it: text, a number, or a list of them.

    Args:
        value: a str, a number, or an array or sequence of them.

    Returns:
        Plain data; numbers have four significant digits.

    Example:

    >>> report_value(np.array([1.23456])), report_value("cat"), report_value(np.array([1.0, 2.0]))
    (1.235, 'cat', [1.0, 2.0])
    """
    if isinstance(value, Mapping):
        return {name: report_value(item) for name, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        items = [report_value(item) for item in value]
        return items[0] if isinstance(value, np.ndarray) and len(items) == 1 else items
    if isinstance(value, float | np.floating):
        return float(f"{float(value):.4g}")
    return value.item() if isinstance(value, np.generic) else value


def restored(value: Any) -> Any:
    """Returns a setting from a configuration as the head takes it.

    Args:
        value: as JSON holds it.

    Returns:
        Lists as tuples, and configurations of Keras objects as these objects.

    Example:

    >>> restored({"scales": [1.0, 2.0]})
    {'scales': (1.0, 2.0)}
    """
    if isinstance(value, dict) and {"class_name", "config"} <= set(value):
        return keras.saving.deserialize_keras_object(value)
    if isinstance(value, dict):
        return {name: restored(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(restored(item) for item in value)
    return value
