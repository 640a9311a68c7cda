"""Seeds, precision, devices and versions of the backend."""

import importlib.metadata

from kerastune.backends.abstract import builds_abstract
from kerastune.backends.bfloat16 import has_bfloat16
from kerastune.backends.choice import select
from kerastune.backends.random import set_seed
from kerastune.errors import InputError, closest

AUTO_PRECISION = "auto"
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16", "bfloat16", "float16")


def seed_everything(seed: int) -> None:
    """Seeds Python, NumPy and the backend. Pipelines take the seed as an argument.

    Inside `build_abstract` only the seed is checked.

    Args:
        seed: int from 0 to 2³² - 1.

    Raises:
        InputError: if the seed is out of that range.

    Example:

    >>> import random
    >>> seed_everything(3); first = random.random()
    >>> seed_everything(3); first == random.random()
    True
    """
    if not 0 <= seed < 2**32:
        raise InputError(f"Expected a seed from 0 to {2**32 - 1}. Received: seed={seed}")
    if builds_abstract():
        # Nothing is drawn for a model without values.
        return
    select()
    set_seed(seed)


def set_precision(precision: str) -> None:
    """Sets the precision in which layers built from now on compute.

    Args:
        precision: str, the name of a Keras dtype policy: `"float32"`,
            `"mixed_bfloat16"` (fast on new hardware: computes in bfloat16, keeps
            variables in float32), `"mixed_float16"`, `"bfloat16"` or `"float16"`.
            JAX would compute in float32 where float64 is asked for.

    Raises:
        InputError: if there is no such policy.

    Example:

    >>> set_precision("float32")
    """
    check_precision(precision)
    select()
    import keras

    keras.config.set_dtype_policy(precision)


def chosen_precision(precision: str) -> str:
    """Returns the precision that a name stands for.

    Args:
        precision: str, one of `PRECISIONS`, or `"auto"`.

    Returns:
        The name; for `"auto"` `"mixed_bfloat16"` where the device has instructions for it that the
        backend uses, else `"float32"`, also while a model is built without memory.

    Raises:
        InputError: if there is no such precision.

    Example:

    >>> chosen_precision("mixed_float16")
    'mixed_float16'
    """
    if precision != AUTO_PRECISION:
        check_precision(precision, (*PRECISIONS, AUTO_PRECISION))
        return precision
    return "mixed_bfloat16" if not builds_abstract() and has_bfloat16() else "float32"


def check_precision(precision: str, known: tuple[str, ...] = PRECISIONS) -> None:
    """Raises an `InputError` if there is no such precision."""
    if precision not in known:
        raise InputError(
            f"Expected a precision out of {', '.join(known)}. Received: {precision!r}."
            + closest(precision, list(known))
        )


def precision() -> str:
    """Returns the precision in which layers built from now on compute.

    Returns:
        The name of the Keras dtype policy.

    Example:

    >>> set_precision("float32")
    >>> precision()
    'float32'
    """
    select()
    import keras

    return keras.config.dtype_policy().name


def devices() -> list[str]:
    """Returns the devices that the backend computes on.

    Returns:
        List of str such as `["cpu:0"]` or `["gpu:0", "gpu:1"]`.

    Example:

    >>> len(devices()) >= 1
    True
    """
    if select() == "torch":
        # Keras lists devices through its distribution API, which PyTorch lacks.
        import torch

        gpus = torch.cuda.device_count()
        return [f"gpu:{index}" for index in range(gpus)] or ["cpu:0"]
    import keras

    return keras.distribution.list_devices()


def versions() -> dict[str, str]:
    """Returns the versions of the backend and of the libraries that shape a result.

    Returns:
        Dictionary from distribution name to version; what is not installed is absent.

    Example:

    >>> "keras" in versions()
    True
    """
    found = {}
    for name in ("kerastune", "keras", "keras-hub", select(), "numpy", "scipy", "scikit-learn"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
