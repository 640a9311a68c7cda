"""What is compared, as text that another process can be given."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.comparison.tensors import write_arrays
from kerastune.errors import InputError, closest
from kerastune.files import with_home


def address_of(what: Any, folder: Path) -> str:
    """What another process finds a recipe or a model by.

    Args:
        what: str or Path, see `kerastune.compare`; or a `Recipe`, or a Keras model, which is
            saved.
        folder: Path for what is saved.

    Returns:
        The text.

    Raises:
        InputError: if it names nothing.

    Example:

    >>> address_of("lenet", Path("."))
    'lenet'
    """
    from kerastune.jobs.recipe import Recipe
    from kerastune.jobs.recipe_files import is_file, recipe_names

    if isinstance(what, Path):
        what = str(what)
    if isinstance(what, Recipe):
        address = what.address()
        if address is None:
            raise InputError(
                "Expected a recipe that is in a file, so that other processes find it. Received: "
                f"{what.__name__}, made in a session"
            )
        return address
    if not isinstance(what, str):
        return _saved(what, folder)
    if what.endswith(".keras"):
        if not Path(what).is_file():
            raise InputError(f"Expected a .keras file. Received: '{what}', which is not there")
        return what
    if is_file(what):
        file = what if what.endswith(".py") else f"{what.rpartition('.py:')[0]}.py"
        if not with_home(file).is_file():
            raise InputError(f"Expected a Python file. Received: '{file}', which is not there")
        return what
    if what in recipe_names() or ":" in what:
        return what
    raise InputError(
        f"Expected a recipe out of {', '.join(recipe_names())}, file.py:name, a .keras file or "
        f"module:function. Received: {what!r}." + closest(what, recipe_names())
    )


def data_file(data: Any, folder: Path) -> str | None:
    """What another process reads data from.

    Args:
        data: str or Path, or a tuple `(x, y)` or `(x, y, sample_weight)` of arrays or
            dictionaries of them, which is saved; or None.
        folder: Path for what is saved.

    Returns:
        The text, or None.

    Raises:
        InputError: if it is something else.

    Example:

    >>> data_file(None, Path(".")) is None
    True
    """
    if data is None or isinstance(data, str):
        return data
    if isinstance(data, Path):
        return str(data)
    if not isinstance(data, tuple) or not 1 <= len(data) <= 3:
        raise InputError(
            "Expected data as a name, a path, or a tuple (x, y) of arrays. Received: "
            f"{type(data).__name__}"
        )
    arrays: dict[str, np.ndarray] = {}
    for name, part in zip(("x", "y", "sample_weight"), data, strict=False):
        if isinstance(part, Mapping):
            arrays |= {str(key): np.asarray(value) for key, value in part.items()}
        elif part is not None:
            arrays[name] = np.asarray(part)
    write_arrays(folder / "data.npz", arrays)
    return str(folder / "data.npz")


def _saved(model: Any, folder: Path) -> str:
    """Save a Keras model; returns where."""
    if not hasattr(model, "save") or not hasattr(model, "get_config"):
        raise InputError(
            "Expected the name of a recipe, a path, module:function or a Keras model. Received: "
            f"{type(model).__name__}"
        )
    path = folder / "model.keras"
    model.save(path)
    return str(path)
