"""Writing adapters and what trained beside them: a few megabytes, without the base."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerastune import files
from kerastune.checkpoints.fingerprints import fingerprint
from kerastune.errors import InputError, reason
from kerastune.tuning.adapter_files.optimizer import OPTIMIZER, optimizer_arrays
from kerastune.tuning.adapter_files.weights import kept_weights, plain
from kerastune.tuning.adapters.adapted import adapted_layers
from kerastune.tuning.adapters.attaching import adapters_of
from kerastune.tuning.adapters.merging import refuse_merged

FORMAT = 1
DESCRIPTION, ARRAYS = "adapters.json", "adapters.safetensors"


def save_adapters(
    model: keras.Model, directory: str | Path, *, with_optimizer: bool = False
) -> Path:
    """Writes the adapters of a model, and all else that trains, into a folder.

    Of the base, which does not train, only a SHA-256 of each weight is written, by which
    `load_adapters` tells another one. What trains beside adapters, such as the head, is written
    whole, with the statistics of batch normalization that trains. Checkpoints of a training hold
    more, such as the order of the samples, see `kerastune.fine_tune`.

    Args:
        model: a built Keras model with adapters.
        directory: str or Path, a folder, made where there is none. Files of the same names in it
            are replaced.
        with_optimizer: bool, whether what the optimizer of the compiled model remembers is written
            too, in `optimizer.safetensors`, for `load_adapters` to go on with: twice the size
            of the rest for Adam. Defaults to False.

    Returns:
        Path of the folder.

    Raises:
        InputError: if there are no adapters, they are merged, the folder cannot be written, or
            the model has no optimizer, or one that was made before what trains was changed.

    Example:

    >>> import tempfile
    >>> from kerastune.tuning import LoRA, add_adapters, freeze, load_adapters
    >>> def base():
    ...     keras.utils.set_random_seed(0)
    ...     dense = keras.layers.Dense(3, name="dense")
    ...     return keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> model = base()
    >>> _ = add_adapters(model, LoRA(rank=2, targets="dense"))
    >>> _ = freeze(model, "all & ~adapters")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sorted(path.name for path in save_adapters(model, folder).iterdir())
    ...     load_adapters(base(), folder)
    ['adapters.json', 'adapters.safetensors']
    ['default']
    """
    if not adapters_of(model):
        raise InputError(f"Expected a model with adapters. Received: {model.name!r} without")
    refuse_merged(model)
    return write_adapters(model, directory, kept_weights(model), with_optimizer=with_optimizer)


def write_adapters(
    model: keras.Model, directory: str | Path, kept: set[int], *, with_optimizer: bool = False
) -> Path:
    """Writes some weights of a model with adapters, and by what the others are told.

    Args:
        model: a built Keras model with adapters, which are not merged.
        directory: str or Path, as for `save_adapters`.
        kept: set of the ids of the weights that are written, those of the adapters among them.
        with_optimizer: bool, as for `save_adapters`. Defaults to False.

    Returns:
        Path of the folder.

    Raises:
        InputError: if the folder cannot be written, or the optimizer is of other weights.

    Example:

    See `save_adapters`, which calls it.
    """
    state, trained = optimizer_arrays(model) if with_optimizer else (None, [])
    arrays: dict[str, np.ndarray] = {}
    told: list[Any] = []
    for place, weight in enumerate(model.weights):
        is_kept = id(weight) in kept
        if is_kept:
            arrays[str(place)] = plain(keras.ops.convert_to_numpy(weight))
        mark = None if is_kept else fingerprint(weight)
        told.append([weight.path, str(weight.dtype), list(weight.shape), mark])
    used = {name: weight for one in adapted_layers(model) for name, weight in one.in_use.items()}
    folder = Path(directory)
    described = {
        "format": FORMAT,
        "adapters": [adapter.to_dict() for adapter in adapters_of(model).values()],
        "in_use": used,
        "weights": told,
    }
    if with_optimizer:
        described["trained"] = trained
    try:
        _write(folder, described, arrays, state)
    except OSError as error:
        raise InputError(
            f"Expected a folder that can be written. Received: '{folder}': {reason(error)}"
        ) from error
    return folder


def _write(
    folder: Path,
    described: dict[str, Any],
    arrays: dict[str, np.ndarray],
    state: dict[str, np.ndarray] | None,
) -> None:
    from safetensors.numpy import save

    if state is None:
        (folder / OPTIMIZER).unlink(missing_ok=True)  # Of other adapters that were here before.
    else:
        files.write_bytes(folder / OPTIMIZER, save(state))
    files.write_bytes(folder / ARRAYS, save(arrays))
    files.write_json(folder / DESCRIPTION, described)
