"""What an HDF5 file says about its arrays, without reading them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod

import h5py

from kerastune.counting.files.reading import quoted

_MOST_DEPTH = 100
# What the compression of HDF5 can reach; a file with less claims what it does not hold.
_MOST_EXPANSION = 2000


@dataclass(frozen=True)
class Array:
    """An array in an HDF5 file.

    Args:
        keys: tuple of str, the groups that hold it, and its own key.
        shape: tuple of int.
        dtype: str, the name of a Keras dtype.
        stored_bytes: int, what it takes in memory.
    """

    keys: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    stored_bytes: int

    @property
    def path(self) -> str:
        """The keys as HDF5 writes them."""
        return "/" + "/".join(self.keys)


@dataclass(frozen=True)
class Contents:
    """What is in an HDF5 file.

    Args:
        arrays: dictionary from paths to `Array`.
        names: dictionary from the keys of a group to the name that it gives its layer, as
            Keras writes it.
    """

    arrays: Mapping[str, Array] = field(default_factory=dict)
    names: Mapping[tuple[str, ...], str] = field(default_factory=dict)


def contents(file: h5py.Group) -> Contents:
    """List the arrays of an HDF5 file.

    Args:
        file: an open file or a group in it.

    Returns:
        The `Contents`.

    Raises:
        ValueError: if it holds what Keras never writes: a link, an array that is elsewhere
            or not stored, what is no number.

    Example:

    >>> import io
    >>> file = h5py.File(io.BytesIO(), "w")
    >>> file["layers/dense/vars/0"] = [[1.0, 2.0]]
    >>> contents(file).arrays["/layers/dense/vars/0"].shape
    (1, 2)
    """
    arrays, names = {}, {}
    for keys, item in _items(file):
        if isinstance(item, h5py.Dataset):
            array = _array(keys, item)
            arrays[array.path] = array
        elif name := _text_attribute(item, "name"):
            names[keys] = name
    return Contents(arrays, names)


def _items(file: h5py.Group) -> Iterator[tuple[tuple[str, ...], h5py.HLObject]]:
    """All groups and datasets. A link can lead outside, or in a circle: only plain ones count."""
    waiting: list[tuple[tuple[str, ...], h5py.Group]] = [((), file)]
    seen = set()
    while waiting:
        parents, group = waiting.pop()
        for key in group:
            keys = (*parents, key)
            if not key.isprintable() or len(keys) > _MOST_DEPTH:
                raise ValueError(f"the name {quoted('/'.join(keys))} is none that Keras gives")
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise ValueError(f"{quoted('/'.join(keys))} is a link to what is elsewhere")
            item = group[key]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:
                raise ValueError(f"{quoted('/'.join(keys))} is there twice")
            seen.add(address)
            yield keys, item
            if isinstance(item, h5py.Group):
                waiting.append((keys, item))
            elif not isinstance(item, h5py.Dataset):
                raise ValueError(f"{quoted('/'.join(keys))} is neither a group nor an array")


def _array(keys: tuple[str, ...], dataset: h5py.Dataset) -> Array:
    """What a dataset says about itself; a ValueError if Keras would not load it."""
    path = quoted("/".join(keys))
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"{path} is stored elsewhere")
    brain_float = dataset.dtype == "V2" and _text_attribute(dataset, "dtype") == "bfloat16"
    if dataset.shape is None or (dataset.dtype.kind not in "biufc" and not brain_float):
        raise ValueError(f"{path} holds no numbers, but {quoted(dataset.dtype)}")
    claimed = prod(dataset.shape) * dataset.dtype.itemsize
    stored = dataset.id.get_storage_size()
    if claimed > _MOST_EXPANSION * stored:
        raise ValueError(f"{path} claims {claimed:,} bytes and stores {stored:,}")
    dtype = "bfloat16" if brain_float else dataset.dtype.name
    return Array(keys, tuple(dataset.shape), dtype, claimed)


def _text_attribute(item: h5py.HLObject, name: str) -> str | None:
    """An attribute if it is one short text; what is longer would take memory to read."""
    if name not in item.attrs:
        return None
    attribute = item.attrs.get_id(name)
    text_type = h5py.check_string_dtype(attribute.dtype)
    if attribute.shape != () or text_type is None or attribute.dtype.itemsize > 1000:
        return None
    value = item.attrs[name]
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text if text.isprintable() else None
