"""Memory that was freed and is not given back to the system."""

import ctypes
import sys
from functools import cache
from typing import Any


def give_back_freed_memory() -> bool:
    """Gives memory that this process has freed back to the system, where the C library keeps it.

    Initial weights are drawn in steps, each of which takes memory of its own. What is freed of it
    the GNU C library keeps in pieces, of which a training, that asks for larger ones, uses few: of
    a model of MiniLM's size 70 MB stay. Other libraries give it back by themselves.

    Returns:
        bool, whether any was given back.

    Example:

    >>> give_back_freed_memory() in (True, False)
    True
    """
    library = _gnu_library()
    return library is not None and bool(library.malloc_trim(0))


@cache
def _gnu_library() -> Any:
    """The GNU C library, or None where there is another."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None
