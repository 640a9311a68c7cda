"""What the processes of a comparison have written, read when it is asked for."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.comparison.tensors import read_arrays, read_packed, unpack


class Record:
    """What one process has written.

    Args:
        folder: Path of its folder.

    Example:

    See `kerastune.comparison.judging.judged.judged`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: dict[str, Mapping[str, np.ndarray]] = {}
        self._derived: dict[Any, Any] = {}
        self.result: dict[str, Any] = json.loads(
            (folder / "result.json").read_text(encoding="utf-8")
        )

    @property
    def backend(self) -> str:
        """The name of the backend."""
        return self.result["backend"]

    @property
    def left_out(self) -> dict[str, str]:
        """Layers whose calls the reference could not keep, with the reasons."""
        return read_packed(self.folder.parent / "common", "calls")[0]["left_out"]

    @property
    def layers(self) -> Mapping[str, np.ndarray]:
        """What layers gave, by `CALL/FORM/PLACE`."""
        return self.arrays("layers")

    @cached_property
    def layer_names(self) -> dict[tuple[int, str], list[str]]:
        """The names of what layers gave, by call and form."""
        found: dict[tuple[int, str], list[str]] = {}
        for name in self.layers:
            call, form, _ = name.split("/")
            found.setdefault((int(call), form), []).append(name)
        return found

    def of_layer(self, call: int, form: str) -> list[np.ndarray]:
        """What a call of a layer gave in one form.

        Args:
            call: int, its place.
            form: str, one of `kerastune.comparison.work.replaying.FORMS`.
        """
        return [self.layers[name] for name in self.layer_names.get((call, form), [])]

    @property
    def begin(self) -> Mapping[str, np.ndarray]:
        """The weights with which all backends began, by place."""
        return self.arrays("../common/weights")

    def arrays(self, name: str) -> Mapping[str, np.ndarray]:
        """The arrays of a file, or none where it is not there.

        Args:
            name: str, without its ending.
        """
        path = self.folder / f"{name}.npz"
        if name not in self._opened:
            self._opened[name] = read_arrays(path) if path.is_file() else {}
        return self._opened[name]

    def derived(self, key: Any, compute: Callable[[], Any]) -> Any:
        """What is made of the record, computed when it is first asked for.

        Args:
            key: what it is known by, hashable.
            compute: function without arguments.
        """
        if key not in self._derived:
            self._derived[key] = compute()
        return self._derived[key]

    def close(self) -> None:
        """Close the files that were read."""
        for file in self._opened.values():
            if isinstance(file, np.lib.npyio.NpzFile):
                file.close()
        self._opened = {}

    def batches(self) -> list[list[Any]]:
        """The batches that the process made itself: lists of x, y and sample weights."""
        packed, arrays = read_packed(self.folder, "batches")
        return [unpack(batch, arrays) for batch in packed]


def leaves(value: Any) -> list[np.ndarray]:
    """The arrays in a nested value, in order.

    Args:
        value: arrays, None, and lists, tuples and dictionaries of them.

    Example:

    >>> [array.size for array in leaves({"b": (np.ones(2), None), "a": np.ones(1)})]
    [1, 2]
    """
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [leaf for key in sorted(value) for leaf in leaves(value[key])]
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in leaves(item)]
    return [np.asarray(value)]
