"""The meaning of `"sgd"` in stages before version 0.2, with a warning of the change.

It was stochastic gradient descent with momentum 0.9, which is `"momentum"` now.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_is_known: ContextVar[bool] = ContextVar("_is_known", default=False)


def warn_of_sgd() -> None:
    """Warns that `"sgd"` is plain, where it is not known that the new meaning is meant.

    Example:

    >>> with known_sgd():
    ...     warn_of_sgd()
    """
    if not _is_known.get():
        warnings.warn(
            'optimizer="sgd" of a stage is plain stochastic gradient descent now; "momentum" is '
            "what it was, with momentum 0.9. This warning goes with version 0.2",
            FutureWarning,
            stacklevel=4,  # Up from `__post_init__` and `__init__` of the stage.
        )


@contextmanager
def known_sgd() -> Iterator[None]:
    """Keeps `"sgd"` from warning, inside a `with` block.

    Yields:
        None.

    Example:

    >>> from kerastune.tuning import Stage
    >>> with known_sgd():
    ...     Stage("all", epochs=1, learning_rate=0.1, optimizer="sgd").optimizer
    'sgd'
    """
    token = _is_known.set(True)
    try:
        yield
    finally:
        _is_known.reset(token)


def with_momentum(stages: list[Any]) -> list[Any]:
    """Returns stages as plain data that were written before, in the words of now.

    Args:
        stages: list of dictionaries as `Stage.to_dict` gives; what is none stays.

    Returns:
        A list, with a warning if it is changed, unless in a block of `known_sgd`.

    Example:

    >>> with_momentum([{"name": "all", "optimizer": "lion"}])
    [{'name': 'all', 'optimizer': 'lion'}]
    """
    found = [isinstance(stage, dict) and stage.get("optimizer") == "sgd" for stage in stages]
    if any(found) and not _is_known.get():
        warnings.warn(
            'Of a plan without a `format` number, "sgd" is read as SGD with momentum 0.9, as it '
            'was meant before there were such numbers. Write `optimizer: momentum`, or "format: 2" '
            "for plain SGD",
            FutureWarning,
            stacklevel=3,
        )
    return [
        {**stage, "optimizer": "momentum"} if is_sgd else stage
        for stage, is_sgd in zip(stages, found, strict=True)
    ]
