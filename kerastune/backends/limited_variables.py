"""Variables of bounded size: what a file describes takes no more memory than it holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import prod
from typing import Any

from kerastune.backends.made_variables import before_values


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
    before_values(_counted)
    token = _limit.set(_Limit(numbers))
    try:
        yield
    finally:
        _limit.reset(token)


def _counted(variable: Any, initializer: Any) -> Any:
    """The initializer, if the numbers of a variable are not too many."""
    limit = _limit.get()
    if limit is not None:
        limit.count += prod(variable._shape)
        if limit.count > limit.most:
            raise ValueError(
                f"a layer of it has variables of {limit.count:,} numbers or more, and its "
                f"weights are fewer than {limit.most:,}"
            )
    return initializer
