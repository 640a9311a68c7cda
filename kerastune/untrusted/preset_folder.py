"""A folder with a pretrained model of unknown origin, checked before a library opens it."""

from math import prod
from pathlib import Path
from typing import Any

import h5py

from kerastune.untrusted.folders import require_inside
from kerastune.untrusted.hdf5 import read_arrays
from kerastune.untrusted.keras_config import foreign_part
from kerastune.untrusted.reading import quoted, read_json, read_weight_map, require_file
from kerastune.untrusted.safetensors_header import read_safetensors_header

# What KerasHub makes objects of, where the first of them is a configuration of Keras.
_CONFIGURATIONS = (
    "config.json",
    "tokenizer.json",
    "preprocessor.json",
    "task.json",
    "image_converter.json",
    "audio_converter.json",
    "video_converter.json",
)
_INDICES = ("model.weights.json", "model.safetensors.index.json")


def check_preset(folder: Path) -> int:
    """Returns how many numbers the weights in a folder are, unless reading it could do harm.

    Args:
        folder: Path of a preset of KerasHub, or of a directory of Hugging Face.

    Returns:
        int, the numbers in all its weights.

    Raises:
        OSError: if a file that is named is not there.
        ValueError: if a configuration has what `foreign_part` names, an index names a file that
            is elsewhere, a file is a link out of the folder, or weights are not whole. The
            reader of HDF5 raises errors of other classes too.

    Example:

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "config.json").write_text('{"module": "os", "class_name": "X",'
    ...     '"registered_name": "X", "config": {}}')
    >>> check_preset(folder)
    Traceback (most recent call last):
        ...
    ValueError: its config.json has the class 'X' of 'os'
    """
    check_configurations(folder)
    parts = {folder / name for name in ("model.weights.h5", "model.safetensors")}
    for name in _INDICES:
        if (folder / name).exists():
            parts |= read_weight_map(folder / name).keys()
    parts |= {folder / "task.weights.h5"}
    return sum(_numbers_in(part) for part in sorted(parts) if part.exists())


def check_configurations(folder: Path) -> None:
    """Raises if making the objects in a folder could run code or read files elsewhere.

    Args:
        folder: Path of a folder with configurations of KerasHub.

    Raises:
        ValueError: if a configuration has what `foreign_part` names, or is no JSON, or a file is
            a link out of the folder.
        OSError: if one cannot be read.

    Example:

    >>> import tempfile
    >>> check_configurations(Path(tempfile.mkdtemp()))
    """
    require_inside(folder)
    there = [name for name in _CONFIGURATIONS if (folder / name).exists()]
    for name in there:
        config = read_json(folder / name)
        # That of Hugging Face names no classes of Keras; its other files are tokens and numbers.
        if name == "config.json" and "registered_name" not in config:
            return
        if fault := foreign_part(config):
            raise ValueError(f"its {name} has {fault}")


def read_configuration(path: Path) -> dict[str, Any]:
    """Returns the configuration of an object of Keras, unless making it could do harm.

    Args:
        path: Path of a JSON file.

    Returns:
        Dictionary for `keras.saving.deserialize_keras_object`.

    Raises:
        OSError: if there is no such file.
        ValueError: if it is no JSON, or has what `foreign_part` names.

    Example:

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "class.json")
    >>> _ = file.write_text('{"class_name": "Lambda", "config": {}}')
    >>> read_configuration(file)
    Traceback (most recent call last):
        ...
    ValueError: its class.json has Lambda (None)
    """
    config = read_json(path)
    if fault := foreign_part(config):
        raise ValueError(f"its {quoted(path.name)[1:-1]} has {fault}")
    return config


def _numbers_in(part: Path) -> int:
    """Returns how many numbers are in a file of weights."""
    require_file(part)
    if part.suffix == ".safetensors":
        shapes = [tensor["shape"] for tensor in read_safetensors_header(part).values()]
    else:
        with h5py.File(part, "r") as file:
            shapes = [array.shape for array in read_arrays(file)]
    return sum(prod(shape) for shape in shapes)
