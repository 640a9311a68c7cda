"""Warnings as a command shows them: a line each, as its errors are."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_HERE = f"{Path(__file__).parents[1]}{os.sep}"


@contextmanager
def warnings_in_lines() -> Iterator[None]:
    """Shows what this library warns of in one line, and once; others' as Python does.

    Yields:
        None.

    Example:

    >>> with warnings_in_lines():
    ...     print(warnings.formatwarning("too short", UserWarning, __file__, 1), end="")
    kerastune: too short
    """
    as_before, told = warnings.formatwarning, set()

    def in_a_line(message: Any, category: Any, filename: str, *others: Any, **named: Any) -> str:
        if not filename.startswith(_HERE):
            return as_before(message, category, filename, *others, **named)
        text = f"kerastune: {' '.join(str(message).split())}\n"
        is_told = text in told
        told.add(text)
        return "" if is_told else text

    warnings.formatwarning = in_a_line
    try:
        yield
    finally:
        warnings.formatwarning = as_before
