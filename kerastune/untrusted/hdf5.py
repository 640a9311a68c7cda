"""The arrays in an HDF5 file of unknown origin, by what it says about them."""

from dataclasses import dataclass
from math import prod

import h5py

from kerastune.untrusted.reading import quoted

_MOST_DEPTH = 100
# The compression of HDF5 reaches no more; a file with less claims what it does not hold.
_MOST_EXPANSION = 2000
# Weights that were trained do not shrink much; of small ones it does not matter.
_LARGE, _MOST_EXPANSION_OF_LARGE = 2**30, 50


@dataclass(frozen=True)
class Array:
    """An array in an HDF5 file, not read.

    Args:
        keys: tuple of str, the groups that hold it, and its own key.
        shape: tuple of int.
        dtype: str, the name of a Keras dtype.
        stored_bytes: int, the memory that it takes.
    """

    keys: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    stored_bytes: int


def read_arrays(file: h5py.Group) -> list[Array]:
    """Returns the arrays in an HDF5 file.

    Attributes are left alone: the library can be made to look for a text of one without end.

    Args:
        file: an open file, or a group in it.

    Returns:
        List of `Array`.

    Raises:
        ValueError: if it holds what Keras never writes: a link, an array that is elsewhere
            or not stored, or one of something else than numbers.

    Example:

    >>> import io
    >>> file = h5py.File(io.BytesIO(), "w")
    >>> file["layers/dense/vars/0"] = [[1.0, 2.0]]
    >>> read_arrays(file)[0].shape
    (1, 2)
    """
    arrays: list[Array] = []
    addresses = {h5py.h5o.get_info(file.id).addr}
    for path, link in _links(file):
        # A link can lead to another file, or in a circle.
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{quoted(path)} is a link to what is elsewhere")
        item, keys = file[path], tuple(path.split("/"))
        address = h5py.h5o.get_info(item.id).addr
        if address in addresses:
            raise ValueError(f"{quoted(path)} is there twice")
        addresses.add(address)
        if isinstance(item, h5py.Dataset):
            arrays.append(_array(keys, item))
        elif not isinstance(item, h5py.Group):
            raise ValueError(f"{quoted(path)} is neither a group nor an array")
    return arrays


def read_names(file: h5py.Group) -> dict[tuple[str, ...], str]:
    """Returns the names of layers that Keras gives the groups in an HDF5 file.

    Args:
        file: an open file, or a group in it, that `read_arrays` has read.

    Returns:
        Dictionary from the keys of groups to names.

    Example:

    >>> import io
    >>> file = h5py.File(io.BytesIO(), "w")
    >>> file.create_group("layers/dense").attrs["name"] = "logits"
    >>> read_names(file)
    {('layers', 'dense'): 'logits'}
    """
    groups = ((path, file[path]) for path, _ in _links(file))
    found = (
        (path, _text_attribute(group, "name"))
        for path, group in groups
        if isinstance(group, h5py.Group)
    )
    return {tuple(path.split("/")): name for path, name in found if name}


def _links(file: h5py.Group) -> list[tuple[str, object]]:
    """Returns the paths in a file, and by which kind of link each is there."""
    links: list[tuple[str, object]] = []

    def visit(path: str, link: object) -> str | None:
        links.append((path, link))
        # What is returned ends the visit; an error may not be raised in it.
        return path if not path.isprintable() or path.count("/") >= _MOST_DEPTH else None

    if (path := file.visititems_links(visit)) is not None:
        raise ValueError(f"the name {quoted(path)} is none that Keras gives")
    return links


def _array(keys: tuple[str, ...], dataset: h5py.Dataset) -> Array:
    path = quoted("/".join(keys))
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"{path} is stored elsewhere")
    brain_float = dataset.dtype == "V2" and _text_attribute(dataset, "dtype") == "bfloat16"
    if dataset.shape is None or (dataset.dtype.kind not in "biufc" and not brain_float):
        raise ValueError(f"{path} holds no numbers, but {quoted(dataset.dtype)}")
    claimed = prod(dataset.shape) * dataset.dtype.itemsize
    stored = dataset.id.get_storage_size()
    most = _MOST_EXPANSION if claimed < _LARGE else _MOST_EXPANSION_OF_LARGE
    if claimed > most * stored:
        raise ValueError(f"{path} claims {claimed:,} bytes and stores {stored:,}")
    dtype = "bfloat16" if brain_float else dataset.dtype.name
    return Array(keys, tuple(dataset.shape), dtype, claimed)


def _text_attribute(item: h5py.HLObject, name: str) -> str | None:
    """Returns an attribute if it is one short text; what is longer would take memory to read."""
    if name not in item.attrs:
        return None
    attribute = item.attrs.get_id(name)
    text_type = h5py.check_string_dtype(attribute.dtype)
    if attribute.shape != () or text_type is None or attribute.dtype.itemsize > 1000:
        return None
    value = item.attrs[name]
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text if text.isprintable() else None
