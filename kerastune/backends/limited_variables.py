"""Variables of bounded size: what a file describes takes no more memory than it holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, wraps
from math import prod
from typing import Any


@dataclass
class _Limit:
    """How many numbers variables may have, and have by now."""

    most: int
    count: int = 0


_limit: ContextVar[_Limit | None] = ContextVar("_limit", default=None)


@contextmanager
def limited_variables(numbers: int) -> Iterator[None]:
    """Raises inside a `with` block when Keras would make variables of more numbers.

    A configuration of a hundred characters can describe a layer of a thousand gigabytes. The
    error comes before memory is taken. Other threads are not limited.

    Args:
        numbers: int, the most numbers of all variables together.

    Raises:
        ValueError: if there would be more.

    Example:

    >>> import keras
    >>> with limited_variables(10**6):
    ...     keras.layers.Dense(10**6).build((None, 10**6))
    Traceback (most recent call last):
        ...
    ValueError: a layer of it has variables of 1,000,000,000,000 numbers or more, and its ...
    """
    _watch()
    token = _limit.set(_Limit(numbers))
    try:
        yield
    finally:
        _limit.reset(token)


@cache
def _watch() -> None:
    """Lets Keras count the numbers of each variable that it is about to make, from now on."""
    import keras

    original = keras.Variable._initialize_with_initializer

    @wraps(original)
    def initialize(self: Any, initializer: Any) -> None:
        limit = _limit.get()
        if limit is not None:
            limit.count += prod(self._shape)
            if limit.count > limit.most:
                raise ValueError(
                    f"a layer of it has variables of {limit.count:,} numbers or more, and its "
                    f"weights are fewer than {limit.most:,}"
                )
        original(self, initializer)

    # Not restored: another thread may be inside.
    keras.Variable._initialize_with_initializer = initialize
