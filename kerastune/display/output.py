"""The amount and the destination of printing inside a `with` block."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from kerastune.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

VERBOSITIES = (0, 1, 2)
"""Nothing but warnings; the usual; a line for every epoch too."""

_VERBOSITY = ContextVar("verbosity", default=1)


@contextmanager
def printing(verbose: int) -> Iterator[None]:
    """Sets how much is printed inside a `with` block.

    Args:
        verbose: int, 0 for nothing, 1 for the usual, 2 for a line for every epoch too.

    Raises:
        InputError: if it is something else.

    Example:

    >>> with printing(0):
    ...     console().print("a table")
    """
    if verbose not in VERBOSITIES:
        raise InputError(
            f"Expected verbose out of {', '.join(map(str, VERBOSITIES))}. Received: {verbose!r}"
        )
    token = _VERBOSITY.set(int(verbose))
    try:
        yield
    finally:
        _VERBOSITY.reset(token)


def verbosity() -> int:
    """Returns the current amount of printing, see `printing`.

    Example:

    >>> with printing(2):
    ...     verbosity()
    2
    """
    return _VERBOSITY.get()


def console() -> "Console":
    """Returns a console of Rich on the standard output, silent where nothing is to be printed.

    Example:

    >>> console().print("a table")
    a table
    """
    # Recipes are listed, and their help is printed, without any library.
    from rich.console import Console

    return Console(quiet=verbosity() == 0)
