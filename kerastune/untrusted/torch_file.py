"""The tensors in a file of PyTorch's format before version 1.6, without PyTorch."""

import io
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.untrusted.reading import MOST_BYTES, quoted, read_bounded, require_file
from kerastune.untrusted.torch_pickle import Storage, Tensor, read_torch_pickle

# What `torch.save` writes first: a number, and the version of the format.
_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_MOST_DIMENSIONS = 64  # As many as NumPy has.


def read_torch_file(path: Path) -> dict[str, np.ndarray]:
    """Returns the tensors in a file that `torch.save` wrote of a `state_dict`, by name.

    It is the format that PyTorch wrote before version 1.6, and still does with
    `_use_new_zipfile_serialization=False`: five pickles, then the numbers. The pickles are read
    by `read_torch_pickle`, which runs and imports nothing.

    Args:
        path: path of the file, at most `reading.MOST_BYTES` long.

    Returns:
        Dictionary from names to arrays of floats or int64, which cannot be written to: tensors
        may share numbers, so that copies could take far more memory than the file.

    Raises:
        OSError: if there is no such file.
        ValueError: if it is of another format, cut short, too long, contradicts itself, or
            holds anything else than tensors by name.

    Example:

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "weights.pth")
    >>> _ = file.write_bytes(b"PK")
    >>> read_torch_file(file)
    Traceback (most recent call last):
        ...
    ValueError: it holds no whole pickle
    """
    require_file(path)
    if (size := path.stat().st_size) > MOST_BYTES:
        raise ValueError(f"it has {size:,} bytes, more than the {MOST_BYTES:,} that are read")
    with open(path, "rb") as opened:
        file = io.BytesIO(read_bounded(opened))
    if read_torch_pickle(file) != _MAGIC or read_torch_pickle(file) != _VERSION:
        raise ValueError("it is not of PyTorch's format before version 1.6")
    system = read_torch_pickle(file)
    if type(system) is not dict or system.get("little_endian") is not True:
        raise ValueError("its numbers are not in little-endian order")
    tensors, keys = read_torch_pickle(file), read_torch_pickle(file)
    if type(tensors) is not dict:
        raise ValueError("it holds no dictionary of tensors")
    for name, tensor in tensors.items():
        if type(name) is not str or type(tensor) is not Tensor:
            raise ValueError(f"{quoted(name)} is no name of a tensor")
    numbers = _read_numbers(file, keys, {tensor.storage for tensor in tensors.values()})
    return {name: _array(name, tensor, numbers) for name, tensor in tensors.items()}


def _read_numbers(file: io.BytesIO, keys: Any, storages: set[Storage]) -> dict[str, np.ndarray]:
    """Returns the numbers of each storage; they follow each other to the end of the file."""
    expected = {storage.key: storage for storage in storages}
    if type(keys) is not list or any(type(key) is not str for key in keys):
        raise ValueError("its list of storages is broken")
    if len(expected) != len(storages) or sorted(keys) != sorted(expected):
        raise ValueError("its tensors and its list of storages contradict each other")
    data, numbers = file.getvalue(), {}
    position = file.tell()
    for key in keys:
        storage, stated = expected[key], data[position : position + 8]
        position += 8
        if len(stated) < 8 or int.from_bytes(stated, "little") != storage.elements:
            raise ValueError(f"the storage {quoted(key)} is cut short, or its length is not stated")
        end = position + storage.elements * np.dtype(storage.dtype).itemsize
        if end > len(data):
            raise ValueError(f"the storage {quoted(key)} is cut short")
        numbers[key] = np.frombuffer(data, storage.dtype, storage.elements, position)
        position = end
    if position != len(data):
        raise ValueError(f"{len(data) - position:,} bytes follow its last storage")
    return numbers


def _array(name: str, tensor: Tensor, numbers: dict[str, np.ndarray]) -> np.ndarray:
    """Returns a tensor as a view of the numbers of its storage."""
    shape, strides = tensor.shape, tensor.strides
    described = (tensor.offset, *_lengths(shape), *_lengths(strides))
    if len(shape) != len(strides) or any(type(one) is not int or one < 0 for one in described):
        raise ValueError(f"the shape of {quoted(name)} is broken")
    # PyTorch steps over an axis without a position as over one with one.
    steps = [max(length, 1) for length in shape]
    # NumPy would fail at lengths beyond its integers, also where an axis beside them has none.
    if prod(steps) > MOST_BYTES:
        raise ValueError(f"{quoted(name)} claims more numbers than a file can hold")
    # Axes may be transposed, so that they lie in another order than they have.
    order = sorted(range(len(shape)), key=lambda axis: (strides[axis], steps[axis]), reverse=True)
    for position, axis in enumerate(order):
        behind = prod(steps[later] for later in order[position + 1 :])
        if shape[axis] > 1 and strides[axis] != behind:
            raise ValueError(f"the numbers of {quoted(name)} do not lie one beside the other")
    held = numbers[tensor.storage.key]
    end = tensor.offset + prod(shape)
    if end > len(held):
        raise ValueError(f"{quoted(name)} claims more numbers than its storage holds")
    lengths = [shape[axis] for axis in order]
    return held[tensor.offset : end].reshape(lengths).transpose(np.argsort(order))


def _lengths(value: Any) -> tuple[Any, ...]:
    if type(value) is not tuple or len(value) > _MOST_DIMENSIONS:
        raise ValueError("the shape of a tensor is broken")
    return value
