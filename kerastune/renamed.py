"""Names of the version before, which are found for one version more."""

import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any


def renamed(module: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """Returns a `__getattr__` of a module that finds old names with a `DeprecationWarning`.

    Args:
        module: str, the name of the module.
        names: dictionary from each old name to the one that took its place in the module.
    """

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        warn_renamed(f"{module}.{name}", f"{module}.{names[name]}")
        return getattr(sys.modules[module], names[name])

    return find


def warn_renamed(old: str, new: str, *, stacklevel: int = 2) -> None:
    """Warns that an old name goes with the next version.

    Args:
        old: str, the old name.
        new: str, what to write in its place.
        stacklevel: int, how many calls up the line is that used the old name.
    """
    warnings.warn(
        f"{old} is now {new}; the old name goes with version 0.2",
        DeprecationWarning,
        stacklevel=stacklevel + 1,
    )
