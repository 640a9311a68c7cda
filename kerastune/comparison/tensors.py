"""Nested values with arrays in them, as plain data and files that need no pickle."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kerastune import files


class UnpackableError(TypeError):
    """A value that is neither an array nor plain data.

    Example:

    >>> raise UnpackableError("a function")
    Traceback (most recent call last):
        ...
    kerastune.comparison.tensors.UnpackableError: a function
    """


class Arrays:
    """Arrays by number, each object once, to be written to one file.

    Example:

    >>> arrays = Arrays()
    >>> shared = np.ones(2)
    >>> pack([shared, {"again": shared}], arrays, np.asarray)
    {'list': [{'array': 0, 'dtype': 'float64'}, {'dict': {'again': {'array': 0, ...}}}]}
    """

    def __init__(self) -> None:
        self.values: list[np.ndarray] = []
        # The tensors are kept, so that no other gets the identity of one.
        self._known: dict[int, tuple[Any, int]] = {}

    def add(self, tensor: Any, to_array: Callable[[Any], np.ndarray]) -> int:
        """The number of a tensor, which is made an array when it is new."""
        if id(tensor) not in self._known:
            self._known[id(tensor)] = (tensor, len(self.values))
            self.values.append(to_array(tensor))
        return self._known[id(tensor)][1]

    def write(self, path: Path) -> None:
        """Write all arrays to an `.npz` file."""
        write_arrays(path, {str(number): value for number, value in enumerate(self.values)})


def pack(value: Any, arrays: Arrays, to_array: Callable[[Any], np.ndarray]) -> dict[str, Any]:
    """A nested value as plain data, with its tensors as numbers.

    Args:
        value: tensors, plain values, slices, and lists, tuples and dictionaries of these.
        arrays: the `Arrays` to which tensors are added.
        to_array: function from a tensor to an array.

    Returns:
        Dictionary for JSON, see `unpack`.

    Raises:
        UnpackableError: if it holds anything else.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return {"is": value}
    if value is Ellipsis:
        return {"slice": "all"}
    if isinstance(value, slice):
        ends = [value.start, value.stop, value.step]
        if not all(end is None or isinstance(end, int) for end in ends):
            raise UnpackableError("a slice between tensors")
        return {"slice": ends}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [pack(item, arrays, to_array) for item in value]}
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise UnpackableError(f"a dictionary whose keys are no text: {list(value)}")
        return {"dict": {key: pack(item, arrays, to_array) for key, item in value.items()}}
    if not hasattr(value, "dtype") or not hasattr(value, "shape"):
        raise UnpackableError(type(value).__name__)
    return {"array": arrays.add(value, to_array), "dtype": _dtype_name(value)}


def unpack(
    packed: Mapping[str, Any], arrays: Any, make: Callable[[np.ndarray, str], Any] | None = None
) -> Any:
    """A nested value from plain data.

    Args:
        packed: what `pack` returned.
        arrays: list or dictionary of the arrays, by number or by its text.
        make: function from an array and the name of its type to what takes its place.
            Defaults to the array itself.

    Example:

    >>> unpack({"tuple": [{"array": 0, "dtype": "float32"}, {"is": True}]}, [np.ones(1)])
    (array([1.]), True)
    """
    if "is" in packed:
        return packed["is"]
    if "slice" in packed:
        return Ellipsis if packed["slice"] == "all" else slice(*packed["slice"])
    if "list" in packed:
        return [unpack(item, arrays, make) for item in packed["list"]]
    if "tuple" in packed:
        return tuple(unpack(item, arrays, make) for item in packed["tuple"])
    if "dict" in packed:
        return {key: unpack(item, arrays, make) for key, item in packed["dict"].items()}
    number = packed["array"]
    array = arrays[number] if isinstance(arrays, list) else arrays[str(number)]
    return array if make is None else make(array, packed["dtype"])


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays by name to an `.npz` file, without pickle.

    Args:
        path: Path.
        arrays: dictionary of arrays of numbers, booleans or texts. Texts may be objects.

    Example:

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "a.npz"
    >>> write_arrays(file, {"model/kernel": np.ones(2)}); read_arrays(file)["model/kernel"]
    array([1., 1.])
    """
    named = {name: _plain(value) for name, value in arrays.items()}
    np.savez(path, allow_pickle=False, **named)


def read_arrays(path: Path) -> Mapping[str, np.ndarray]:
    """The arrays of an `.npz` file by name, each read when it is asked for.

    Args:
        path: Path.

    Example:

    See `write_arrays`.
    """
    return np.load(path, allow_pickle=False)


def write_packed(folder: Path, name: str, values: Any, arrays: Arrays) -> None:
    """Write plain data and its arrays as `NAME.json` and `NAME.npz`."""
    files.write_text(folder / f"{name}.json", json.dumps(values))
    arrays.write(folder / f"{name}.npz")


def read_packed(folder: Path, name: str) -> tuple[Any, Mapping[str, np.ndarray]]:
    """What `write_packed` wrote: the plain data, and the arrays."""
    packed = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return packed, read_arrays(folder / f"{name}.npz")


def _dtype_name(tensor: Any) -> str:
    """The type of a tensor of any library, as Keras and NumPy call it."""
    name = str(getattr(tensor.dtype, "name", tensor.dtype)).rpartition(".")[2]
    return "string" if name.startswith(("str", "bytes", "object")) else name


def _plain(value: np.ndarray) -> np.ndarray:
    """An array that can be written without pickle."""
    return value.astype(str) if value.dtype.kind in "OS" else value
