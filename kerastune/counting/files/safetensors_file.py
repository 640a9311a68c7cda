"""Counting `.safetensors` by the header alone."""

import os
import re
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

from kerastune.counting.files.arranging import arranged
from kerastune.counting.files.reading import MOST_BYTES, parse_json, quoted, require_file
from kerastune.counting.files.shards import part_notes, read_index
from kerastune.counting.weights import ModelCount, Weight
from kerastune.errors import InputError, reason

# The names of the format, those of NumPy and ml_dtypes, and the bits of one number.
_DTYPES = {
    "BOOL": ("bool", 8),
    "F4": ("float4_e2m1fn", 4),
    "F6_E2M3": ("float6_e2m3fn", 6),
    "F6_E3M2": ("float6_e3m2fn", 6),
    "F8_E4M3": ("float8_e4m3fn", 8),
    "F8_E4M3FNUZ": ("float8_e4m3fnuz", 8),
    "F8_E5M2": ("float8_e5m2", 8),
    "F8_E5M2FNUZ": ("float8_e5m2fnuz", 8),
    "F8_E8M0": ("float8_e8m0fnu", 8),
    "BF16": ("bfloat16", 16),
    "C64": ("complex64", 64),
    **{f"F{bits}": (f"float{bits}", bits) for bits in (16, 32, 64)},
    **{f"I{bits}": (f"int{bits}", bits) for bits in (8, 16, 32, 64)},
    **{f"U{bits}": (f"uint{bits}", bits) for bits in (8, 16, 32, 64)},
}
# As many as NumPy has.
_MOST_DIMENSIONS = 64
# GPTQ and AWQ, compressed-tensors, bitsandbytes, MXFP4: several weights in one number.
_PACKED = re.compile(r"(^|[./_])(qweight|weight_packed|absmax|blocks)$")


def count_safetensors(path: str | Path) -> ModelCount:
    """Count what is in a `.safetensors` file, or in several by their index.

    The header at the start says everything; of the tensors no byte is read. Names are split
    at their dots, so that `encoder.layer.0.weight` is the weight of the layer
    `encoder/layer/0`.

    Args:
        path: path of a `.safetensors` file or of a `.safetensors.index.json`.

    Returns:
        A `ModelCount` of kind `"unknown"`. A note says so where weights are packed, several
        in one number, whose logical count a file does not tell.

    Raises:
        InputError: if a file is missing, cut short, or its header contradicts itself.

    Example:

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "model.safetensors")
    >>> header = b'{"dense.bias": {"dtype": "BF16", "shape": [3], "data_offsets": [0, 6]}}'
    >>> _ = file.write_bytes(len(header).to_bytes(8, "little") + header + bytes(6))
    >>> count_safetensors(file).weights[0].path, count_safetensors(file).parameters
    ('dense/bias', 3)

    Reference:
        https://huggingface.co/docs/safetensors#format
    """
    path = Path(path)
    try:
        tensors = _read_all(path) if path.suffix == ".json" else _read_header(path)
    except (OSError, ValueError) as error:
        raise InputError(
            "Expected a whole file in the .safetensors format, or the index of several. "
            f"Received: {str(path)!r}: {reason(error)}. Download or save it again"
        ) from error
    weights = arranged(_weight(name, tensor) for name, tensor in tensors.items())
    return ModelCount(str(path), weights, (*part_notes(path), *_packed_notes(tensors)))


def _read_all(index: Path) -> dict[str, dict[str, Any]]:
    """The tensors of all files that an index names; a ValueError if they are not as it says."""
    tensors: dict[str, dict[str, Any]] = {}
    for part, names in read_index(index).items():
        try:
            found = _read_header(part)
        except ValueError as error:
            raise ValueError(f"in {part.name!r}, {error}") from error
        if different := found.keys() ^ names:
            raise ValueError(f"it and {part.name!r} do not agree about {quoted(min(different))}")
        tensors |= found
    return tensors


def _read_header(path: Path) -> dict[str, dict[str, Any]]:
    """The tensors of one file by name; a ValueError if the header cannot be true."""
    require_file(path)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < 8:
            raise ValueError(f"it is cut short: {size} bytes")
        length = int.from_bytes(file.read(8), "little")
        if length > min(size - 8, MOST_BYTES):
            raise ValueError(
                f"it claims a header of {length:,} bytes; the file has {size:,}, and the format "
                f"allows {MOST_BYTES:,}"
            )
        header = parse_json(file.read(length))
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError("its `__metadata__` is not a dictionary of texts")
    for name, tensor in header.items():
        _check_tensor(name, tensor)
    _check_coverage(header, size - 8 - length)
    return header


def _check_tensor(name: str, tensor: Any) -> None:
    """Raise a ValueError unless dtype, shape and offsets fit one another."""
    if not name.isprintable():
        raise ValueError(f"the name {quoted(name)} cannot be printed")
    if not isinstance(tensor, dict) or tensor.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{quoted(name)} is not told by dtype, shape and data_offsets")
    dtype, shape, offsets = tensor["dtype"], tensor["shape"], tensor["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _DTYPES:
        raise ValueError(f"{quoted(name)} has an unknown dtype, {quoted(dtype)}")
    if not _is_sizes(shape) or not _is_sizes(offsets) or len(offsets) != 2:
        raise ValueError(
            f"{quoted(name)} has an impossible shape or place: {quoted(shape)}, {quoted(offsets)}"
        )
    if prod(shape) * _DTYPES[dtype][1] != 8 * (offsets[1] - offsets[0]):
        raise ValueError(
            f"{quoted(name)} of shape {quoted(shape)} and dtype {dtype} does not fill its place, "
            f"{offsets}"
        )


def _is_sizes(value: Any) -> bool:
    """Whether a value is a list of a few integers from 0 to what a file can hold."""
    if not isinstance(value, list) or len(value) > _MOST_DIMENSIONS:
        return False
    return all(type(size) is int and 0 <= size < 2**63 for size in value)


def _check_coverage(tensors: dict[str, dict[str, Any]], size: int) -> None:
    """Raise a ValueError unless the tensors lie one behind the other, up to the end."""
    places = sorted(tensor["data_offsets"] for tensor in tensors.values())
    end = places[-1][1] if places else 0
    if end > size:
        raise ValueError(f"it is cut short: {size:,} bytes of tensors, of {end:,}")
    borders = [[0, 0], *places, [size, size]]
    for (_, before), (after, _) in pairwise(borders):
        if before != after:
            fault = "overlap" if before > after else "leave a gap"
            raise ValueError(f"its tensors {fault} between bytes {after:,} and {before:,}")


def _weight(name: str, tensor: dict[str, Any]) -> Weight:
    """A tensor, counted."""
    begin, end = tensor["data_offsets"]
    return Weight(
        path=name.replace(".", "/"),
        shape=tuple(tensor["shape"]),
        dtype=_DTYPES[tensor["dtype"]][0],
        kind="unknown",
        parameters=prod(tensor["shape"]),
        stored_bytes=end - begin,
    )


def _packed_notes(tensors: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    """A note if names tell of weights that share a number."""
    packed = [name for name in tensors if _PACKED.search(name)]
    if not packed:
        return ()
    return (
        f"{len(packed):,} tensors such as {quoted(min(packed))} tell of packed weights: counted "
        "are the numbers as they are stored; the model has more",
    )
