"""Settings that some layers have of their own, by patterns of their paths."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from kerastune.errors import InputError

Value = TypeVar("Value")


def check_by_path(name: str, given: Mapping[str, Any] | None, check: Callable[[Any], None]) -> None:
    """Refuses what is no dictionary from regular expressions to settings.

    Args:
        name: str, that of the setting.
        given: what was given.
        check: function that refuses a value.

    Raises:
        InputError: if it is something else.

    Example:

    >>> check_by_path("ranks", {"layer_(": 2}, print)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected `ranks` by regular expressions. Received: 'layer_(': ...
    """
    if given is None:
        return
    if not isinstance(given, Mapping):
        raise InputError(f"Expected `{name}` as a dictionary by patterns. Received: {given!r}")
    for pattern, value in given.items():
        try:
            re.compile(pattern)
        except (re.error, TypeError, RecursionError) as error:
            raise InputError(
                f"Expected `{name}` by regular expressions. Received: {pattern!r}: {error}"
            ) from error
        check(value)


def setting_at(path: str, by_path: Mapping[str, Value] | None, usual: Value) -> Value:
    """Returns the setting of the first pattern that is found in a path, or the usual one.

    Args:
        path: str.
        by_path: dictionary from regular expressions to settings, or None.
        usual: the setting of all else.

    Example:

    >>> setting_at("bert/layer_3/query/kernel", {"layer_[2-4]/": 16}, 8)
    16
    """
    found = (value for one, value in (by_path or {}).items() if re.search(one, path))
    return next(found, usual)


def is_found(pattern: str, path: str) -> bool:
    """Returns whether a regular expression is found in a path.

    Args:
        pattern: str.
        path: str.

    Raises:
        InputError: if it is no regular expression.

    Example:

    >>> is_found("output_dense/", "layer_0/output_dense/kernel")
    True
    """
    try:
        return re.search(pattern, path) is not None
    except (re.error, RecursionError) as error:
        raise InputError(
            f"Expected a regular expression. Received: {pattern!r}: {error}"
        ) from error
