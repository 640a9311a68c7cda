"""Reading adapters beside the base that they were trained on."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerastune.backends import limited_variables
from kerastune.checkpoints.fingerprints import fingerprint
from kerastune.checkpoints.variables import uncounted
from kerastune.errors import InputError, reason
from kerastune.tuning.adapter_files.optimizer import (
    OPTIMIZER,
    optimizer_like,
    require_compiled,
)
from kerastune.tuning.adapter_files.saving import ARRAYS, DESCRIPTION, FORMAT
from kerastune.tuning.adapter_files.weights import stored
from kerastune.tuning.adapters.adapter import Adapter
from kerastune.tuning.adapters.attaching import attach, detach, set_in_use
from kerastune.tuning.adapters.reading import adapter_from
from kerastune.tuning.freezing.in_training import refuse_in_training
from kerastune.tuning.freezing.trainability import restored_trainability, set_trainable
from kerastune.untrusted.folders import require_inside
from kerastune.untrusted.reading import read_json
from kerastune.untrusted.safetensors_header import read_safetensors_header

_AGAIN = "Give the model that the adapters were trained in, built in the same way"


def load_adapters(
    model: keras.Model,
    directory: str | Path,
    *,
    is_same_base: bool = True,
    with_optimizer: bool = False,
) -> list[str]:
    """Adds the adapters of a folder to a model, and sets what trained beside them.

    The model has to be built as it was, without adapters; what trains in it is left to a plan, as
    after `add_adapters`, unless the optimizer is to go on.

    Args:
        model: a built Keras model, on any backend.
        directory: str or Path, a folder that `save_adapters` wrote. It may come from elsewhere:
            what it describes takes no more memory than its files.
        is_same_base: bool, whether the weights of the base have to be those beside which the
            adapters were trained. Defaults to True.
        with_optimizer: bool, whether training goes on where it was: those weights train that did,
            as after `freeze`, and the optimizer of the compiled model, which has to be as it was
            compiled, remembers what it did. The same batches then give the same weights; which
            come, and what dropout draws, is not in the folder. Defaults to False.

    Returns:
        List of str, the names of the adapters.

    Raises:
        InputError: if the folder holds no adapters, or no optimizer where it is asked for, they do
            not fit the model, or it has other weights. Then the model is as before.

    Example:

    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> load_adapters(model, "no/such/folder")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a folder that `save_adapters` wrote. Received: ...
    """
    refuse_in_training(model, "Call it before or after")
    folder = Path(directory)
    if with_optimizer:
        require_compiled(model)
    try:
        require_inside(folder, [DESCRIPTION, ARRAYS, *[OPTIMIZER] * with_optimizer])
        described = read_json(folder / DESCRIPTION)
        header = read_safetensors_header(folder / ARRAYS)
        adapters, used, told = _parts(described)
        state = read_safetensors_header(folder / OPTIMIZER) if with_optimizer else None
        trained = _trained(described, len(told)) if with_optimizer else []
    except (OSError, ValueError, LookupError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"Expected a folder that `save_adapters` wrote. Received: '{folder}': {reason(error)}"
        ) from error
    added: list[str] = []
    optimizer = None
    try:
        _attach_all(model, adapters, header, added)
        values = _values(model, folder, told, header, is_same_base)
        set_in_use(model, used)
        training = [model.weights[place] for place in trained]
        if state is not None:
            with restored_trainability(model):
                set_trainable(model, training)
                optimizer = optimizer_like(model, folder / OPTIMIZER, state)
    except Exception:
        for name in added:
            detach(model, name)
        raise
    for weight, value in values:
        weight.assign(value)
    if optimizer is not None:
        from kerastune.backends.optimizers import recompile_with

        set_trainable(model, training)
        recompile_with(model, optimizer)
    elif model.compiled:
        from kerastune.backends.optimizers import recompile

        recompile(model)
    return added


def _parts(described: dict[str, Any]) -> tuple[list[Adapter], dict[str, float], list[Any]]:
    """Adapters, which are in use, and the weights that are told of."""
    if described["format"] != FORMAT:
        raise ValueError(f"it is of format {described['format']!r}, and {FORMAT} is known")
    adapters = [adapter_from(dict(one)) for one in described["adapters"]]
    names = [adapter.name for adapter in adapters]
    used = {name: float(weight) for name, weight in described["in_use"].items()}
    if not adapters or len(set(names)) < len(names) or set(used) - set(names):
        raise ValueError("its adapters are none, or have the same name, or others are in use")
    told = [
        (str(path), str(kind), [int(size) for size in shape], mark)
        for path, kind, shape, mark in described["weights"]
    ]
    return adapters, used, told


def _trained(described: dict[str, Any], count: int) -> list[int]:
    """The places of the weights that trained."""
    trained = described["trained"]
    if not trained or not all(isinstance(one, int) and 0 <= one < count for one in trained):
        raise ValueError("no weights trained, or others than there are")
    return list(trained)


def _attach_all(
    model: keras.Model, adapters: list[Adapter], header: dict[str, Any], added: list[str]
) -> None:
    """Attach adapters, which may hold as many numbers as there are in the file."""
    numbers = sum(int(np.prod(one["shape"], dtype=object)) for one in header.values())
    try:
        with limited_variables(numbers):
            for adapter in adapters:
                attach(model, adapter)
                added.append(adapter.name)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(
            "Expected adapters of as many numbers as there are in their file. Received: "
            f"{adapters!r}, and {numbers:,} numbers"
        ) from error


def _values(
    model: keras.Model,
    folder: Path,
    told: list[Any],
    header: dict[str, Any],
    is_same_base: bool,
) -> list[tuple[Any, np.ndarray]]:
    """The weights that are to be set, each with its value, when all of them fit."""
    from safetensors import safe_open

    weights = model.weights
    if len(weights) != len(told):
        raise InputError(
            f"Expected a model of {len(told)} weights with these adapters. Received: "
            f"{model.name!r} of {len(weights)}. {_AGAIN}"
        )
    found = []
    with safe_open(folder / ARRAYS, framework="numpy") as arrays:
        for place, (weight, (path, kind, shape, mark)) in enumerate(
            zip(weights, told, strict=True)
        ):
            _require_like(weight, path, shape)
            if mark is None:
                found.append((weight, stored(arrays, str(place), weight, header, ARRAYS)))
            elif is_same_base and (kind != str(weight.dtype) or mark != fingerprint(weight)):
                raise InputError(
                    f"Expected the base beside which the adapters were trained. Received: one with "
                    f"other numbers in {weight.path!r}. {_AGAIN}, or with `is_same_base=False`"
                )
    return found


def _require_like(weight: Any, path: str, shape: list[int]) -> None:
    """Refuses a weight that has another place or shape."""
    # What a model is called does not matter, and one that is read from a file may leave it out.
    ours, theirs = (uncounted(one) for one in (weight.path, path))
    inner = {ours.partition("/")[2], theirs.partition("/")[2]}
    is_there = len(inner) == 1 or ours in inner or theirs in inner
    if not is_there or list(weight.shape) != shape:
        raise InputError(
            f"Expected {path!r} of shape {tuple(shape)}, as the adapters' model had. Received: "
            f"{weight.path!r} of shape {tuple(weight.shape)}. {_AGAIN}"
        )
