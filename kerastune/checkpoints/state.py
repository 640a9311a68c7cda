"""What a checkpoint holds, and its two files.

Arrays are in a file of safetensors: it runs no code when it is read, is the same for every
backend, and is written from the arrays as they lie in memory. Orbax, which was looked at first,
brings JAX along, and names no variable of an optimizer by the weight that it belongs to.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kerastune import files

ARRAYS = "arrays.safetensors"
VALUES = "values.json"
FILES = (ARRAYS, VALUES)
"""The files of a checkpoint, beside its manifest."""

_OF_BYTES = {1: np.uint8, 2: np.uint16}


@dataclass
class State:
    """Everything that a training needs to go on.

    Args:
        arrays: dictionary from names to arrays.
        values: dictionary of what JSON holds.

    Example:

    >>> State({"weight": np.ones(2)}, {"step": 3}).values["step"]
    3
    """

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Writes the files, to the disk itself.

        Args:
            folder: Path of a folder that is there.

        Raises:
            OSError: if there is no room, or they may not be written.
        """
        from safetensors.numpy import save_file

        plain = {name: np.asarray(value, order="C") for name, value in self.arrays.items()}
        # What NumPy has no kind for, such as bfloat16, is written as its bits.
        odd = {name: value.dtype.name for name, value in plain.items() if _is_odd(value.dtype)}
        for name in odd:
            plain[name] = plain[name].view(_OF_BYTES[plain[name].dtype.itemsize])
        try:
            save_file(plain, folder / ARRAYS)
        except Exception as error:
            # Of what the disk refuses, safetensors makes an error of its own.
            raise OSError(str(error)) from error
        text = json.dumps({"state": self.values, "types": odd})
        to_disk(folder / ARRAYS)
        files.write_text(folder / VALUES, text)

    @classmethod
    def read(cls, folder: Path) -> "State":
        """Returns what files hold that `write` has written.

        Args:
            folder: Path.

        Raises:
            ValueError: if they hold something else.
            OSError: if they cannot be read.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            found = json.loads((folder / VALUES).read_text(encoding="utf-8"))
            arrays = load_file(folder / ARRAYS)
            for name, kind in found["types"].items():
                arrays[name] = arrays[name].view(_type_named(kind))
            return cls(arrays, dict(found["state"]))
        except (SafetensorError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(str(error)) from error


def to_disk(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk itself.

    Args:
        path: Path of a file or a folder.
    """
    is_folder = path.is_dir()
    if is_folder and os.name == "nt":
        return  # Windows has no such thing for folders.
    opened = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _is_odd(dtype: np.dtype) -> bool:
    """Whether a type is not one of NumPy's own."""
    return dtype.type.__module__ == "ml_dtypes"


def _type_named(name: str) -> np.dtype:
    """A type of `ml_dtypes` by its name."""
    import ml_dtypes

    found = getattr(ml_dtypes, name, None)
    if not isinstance(found, type):
        raise ValueError(f"there is no type {name!r}")
    return np.dtype(found)
