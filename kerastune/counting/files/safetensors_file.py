"""Counting `.safetensors` by the header alone."""

import re
from math import prod
from pathlib import Path
from typing import Any

from kerastune.counting.files.weights_file import part_notes, sorted_weights
from kerastune.counting.weights import ModelCount, Weight
from kerastune.errors import InputError, reason
from kerastune.untrusted.reading import quoted, read_weight_map
from kerastune.untrusted.safetensors_header import read_safetensors_header

# The names of dtypes in the format, for those of NumPy and ml_dtypes.
_DTYPES = {
    "BOOL": "bool",
    "F4": "float4_e2m1fn",
    "F6_E2M3": "float6_e2m3fn",
    "F6_E3M2": "float6_e3m2fn",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2": "float8_e5m2",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F8_E8M0": "float8_e8m0fnu",
    "BF16": "bfloat16",
    "C64": "complex64",
    **{f"F{bits}": f"float{bits}" for bits in (16, 32, 64)},
    **{f"I{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
}
# GPTQ and AWQ, compressed-tensors, bitsandbytes, MXFP4: several weights in one number.
_PACKED = re.compile(r"(^|[./_])(qweight|weight_packed|absmax|blocks)$")


def count_safetensors(path: str | Path) -> ModelCount:
    """Count what is in a `.safetensors` file, or in several by their `.safetensors.index.json`.

    Names are split at their dots: `encoder.layer.0.weight` is the weight of the layer
    `encoder/layer/0`. A note says so where weights are packed, several in one number: a file
    does not tell how many.
    """
    path = Path(path)
    try:
        tensors = _read_all(path) if path.suffix == ".json" else read_safetensors_header(path)
        weights = sorted_weights(_weight(name, tensor) for name, tensor in tensors.items())
    except (OSError, ValueError) as error:
        raise InputError(
            "Expected a whole file in the .safetensors format, or the index of several. "
            f"Received: {str(path)!r}: {reason(error)}. Download or save it again"
        ) from error
    notes = part_notes(path)
    if packed := [name for name in tensors if _PACKED.search(name)]:
        notes += (
            f"{len(packed):,} tensors such as {quoted(min(packed))} tell of packed weights: "
            "counted are the numbers as they are stored; the model has more",
        )
    return ModelCount(str(path), weights, notes)


def _read_all(index: Path) -> dict[str, dict[str, Any]]:
    """The tensors of all files that an index names; a ValueError if they are not as it says."""
    tensors: dict[str, dict[str, Any]] = {}
    for part, names in read_weight_map(index).items():
        try:
            found = read_safetensors_header(part)
        except ValueError as error:
            raise ValueError(f"in {part.name!r}, {error}") from error
        if different := found.keys() ^ names:
            raise ValueError(f"it and {part.name!r} do not agree about {quoted(min(different))}")
        tensors |= found
    return tensors


def _weight(name: str, tensor: dict[str, Any]) -> Weight:
    if tensor["dtype"] not in _DTYPES:
        raise ValueError(f"{quoted(name)} has an unknown dtype, {quoted(tensor['dtype'])}")
    begin, end = tensor["data_offsets"]
    return Weight(
        path=name.replace(".", "/"),
        shape=tuple(tensor["shape"]),
        dtype=_DTYPES[tensor["dtype"]],
        kind="unknown",
        parameters=prod(tensor["shape"]),
        stored_bytes=end - begin,
    )
