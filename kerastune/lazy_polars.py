"""Polars, imported when it is first used: it takes time, and much is done without a table.

A type that names it is written in quotes: `def read() -> "polars.DataFrame"`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as polars
else:

    class _Polars:
        """What stands for the module until then."""

        def __getattr__(self, name: str) -> Any:
            return getattr(importlib.import_module("polars"), name)

    polars = _Polars()


def polars_errors() -> tuple[type[BaseException], ...]:
    """Returns what Polars raises where a file is broken.

    A file that contradicts itself in a way that nobody thought of makes its code in Rust panic,
    of which it makes an error that is no `Exception`.

    Example:

    >>> polars_errors()[0].__name__
    'PolarsError'
    """
    return polars.exceptions.PolarsError, polars.exceptions.PanicException
