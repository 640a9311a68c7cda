"""The numbers in a safetensors file of unknown origin."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from kerastune.untrusted.reading import quoted
from kerastune.untrusted.safetensors_header import read_safetensors_header

_FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def read_safetensors_values(path: Path, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Returns tensors of a safetensors file, in float32.

    Args:
        path: path of the file.
        names: iterable of str, those that are wanted.

    Returns:
        Dictionary from names to arrays.

    Raises:
        OSError: if there is no such file.
        ValueError: as in `read_safetensors_header`; or if one is not there, is not of floats, or
            holds NaN or infinity.

    Example:

    >>> import tempfile
    >>> from safetensors.numpy import save_file
    >>> file = Path(tempfile.mkdtemp(), "model.safetensors")
    >>> save_file({"bias": np.zeros(3, "float16")}, file)
    >>> read_safetensors_values(file, ["bias"])
    {'bias': array([0., 0., 0.], dtype=float32)}
    """
    header = read_safetensors_header(path)
    values = {}
    with open(path, "rb") as file:
        start = 8 + int.from_bytes(file.read(8), "little")
        for name in names:
            if name not in header:
                raise ValueError(f"it has no {quoted(name)}")
            dtype, shape = header[name]["dtype"], header[name]["shape"]
            if dtype not in _FLOATS:
                raise ValueError(f"{quoted(name)} is of {quoted(dtype)}, which is no float")
            begin, end = header[name]["data_offsets"]
            file.seek(start + begin)
            numbers = np.frombuffer(file.read(end - begin), _FLOATS[dtype])
            if dtype == "BF16":
                # The upper half of a float32.
                numbers = (numbers.astype("<u4") << 16).view("<f4")
            with np.errstate(over="ignore"):
                value = numbers.astype("float32").reshape(shape)
            if not np.isfinite(value).all():
                raise ValueError(f"{quoted(name)} holds NaN or infinity")
            values[name] = value
    return values
