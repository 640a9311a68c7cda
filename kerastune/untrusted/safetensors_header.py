"""The header of a safetensors file of unknown origin."""

from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from kerastune.untrusted.reading import parse_json, quoted, require_file

_MOST_DIMENSIONS = 64  # As many as NumPy has.


def read_safetensors_header(path: Path) -> dict[str, dict[str, Any]]:
    """Returns the tensors in a safetensors file, by name; none of them is read.

    The library checks the length of the header, and that the tensors fit their dtypes and
    shapes, do not overlap and fill the file.

    Args:
        path: path of the file.

    Returns:
        Dictionary from names to dictionaries with `dtype`, `shape` and `data_offsets`.

    Raises:
        OSError: if there is no such file.
        ValueError: if it is cut short, or its header contradicts itself or cannot be shown.

    Example:

    >>> import numpy as np, tempfile
    >>> from safetensors.numpy import save_file
    >>> file = Path(tempfile.mkdtemp(), "model.safetensors")
    >>> save_file({"bias": np.zeros(3, "float16")}, file)
    >>> read_safetensors_header(file)
    {'bias': {'dtype': 'F16', 'shape': [3], 'data_offsets': [0, 6]}}

    Reference:
        https://huggingface.co/docs/safetensors#format
    """
    require_file(path)
    try:
        with safe_open(path, framework="numpy"):
            pass
    except SafetensorError as error:
        fault = str(error).removeprefix("Error while deserializing header: ")
        raise ValueError(f"it is cut short or broken: {fault}") from error
    with open(path, "rb") as file:
        header = parse_json(file.read(int.from_bytes(file.read(8), "little")))
    header.pop("__metadata__", None)
    for name, tensor in header.items():
        if not name.isprintable():
            raise ValueError(f"the name {quoted(name)} cannot be printed")
        if len(tensor) != 3 or len(tensor["shape"]) > _MOST_DIMENSIONS:
            raise ValueError(f"{quoted(name)} is described by {quoted(tensor)}")
    return header
