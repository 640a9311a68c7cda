"""A `.keras` file of unknown origin, checked before Keras opens it."""

import zipfile
from math import prod
from pathlib import Path
from typing import Any

from kerastune.untrusted.hdf5 import read_arrays
from kerastune.untrusted.keras_archive import open_keras_archive
from kerastune.untrusted.keras_config import foreign_part
from kerastune.untrusted.reading import require_file
from kerastune.untrusted.zip_members import require_plain_members


def check_keras_model(path: Path) -> tuple[dict[str, Any], int]:
    """Returns what Keras would make a model of, unless that could do harm.

    Keras' safe mode is meant to be on as well. What it leaves to others: classes and functions
    that are in this process, sizes, files beside the archive.

    Args:
        path: path of the file.

    Returns:
        A tuple of the configuration, a dictionary, and the number of numbers in its weights.
        The `compile_config` in it is not checked: see `foreign_part`.

    Raises:
        OSError: if there is no such file.
        ValueError: if it is damaged; if a member of the archive would be outside of its folder,
            or take far more memory than the archive has bytes; if the configuration has what
            `foreign_part` names; if the weights are links, or stored elsewhere. The readers of
            ZIP and HDF5 raise errors of other classes too.

    Example:

    >>> import keras, tempfile
    >>> file = Path(tempfile.mkdtemp(), "model.keras")
    >>> keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).save(file)
    >>> config, numbers = check_keras_model(file)
    >>> config["class_name"], numbers
    ('Sequential', 15)
    """
    _require_whole(path)
    with open_keras_archive(path) as (config, weights):
        # How it was compiled is not read; it may name a loss of a person's own.
        if fault := foreign_part({**config, "compile_config": None}):
            raise ValueError(f"it has {fault}")
        arrays = read_arrays(weights)
    return config, sum(prod(array.shape) for array in arrays)


def _require_whole(path: Path) -> None:
    """Raises unless each member of an archive has the checksum that is written beside it."""
    require_file(path)
    if not zipfile.is_zipfile(path):
        raise ValueError("it is something else or was cut short")
    with zipfile.ZipFile(path) as archive:
        require_plain_members(archive)
        if damaged := archive.testzip():
            raise ValueError(f"its {damaged} is damaged")
