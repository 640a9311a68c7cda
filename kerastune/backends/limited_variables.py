"""Variables of bounded size: what a file describes takes no more memory than it holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any


@contextmanager
def limited_variables(numbers: int) -> Iterator[None]:
    """Raises inside a `with` block when Keras would make variables of more numbers.

    A configuration of a hundred characters can describe a layer of a thousand gigabytes. The
    error comes before memory is taken.

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
    import keras

    original = keras.Variable._initialize_with_initializer
    count = 0

    def initialize(self: Any, initializer: Any) -> None:
        nonlocal count
        count += prod(self._shape)
        if count > numbers:
            raise ValueError(
                f"a layer of it has variables of {count:,} numbers or more, and its weights "
                f"are fewer than {numbers:,}"
            )
        original(self, initializer)

    keras.Variable._initialize_with_initializer = initialize
    try:
        yield
    finally:
        keras.Variable._initialize_with_initializer = original
