"""The one place that knows which backend runs.

Keras reads `KERAS_BACKEND` once, when it is first imported, and the choice then holds
for the process. Every room that imports Keras calls `select` first, so that the
backend is the same whichever room is entered first. Names that are not part of Keras'
public interface are used here and nowhere else, each with a test that fails when
Keras changes it.
"""

import importlib.metadata
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras

BACKENDS = ("tensorflow", "jax", "torch")

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16", "bfloat16", "float16")

# What Keras itself writes to its configuration file on the first import, whatever the
# backend then: such a file is nobody's choice.
_WRITTEN_BY_KERAS = {
    "floatx": "float32",
    "epsilon": 1e-07,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}


def installed() -> list[str]:
    """The backends that are installed, in the order in which they are preferred.

    Returns:
        List of names from `BACKENDS`.

    Example:

    >>> set(installed()) <= {"tensorflow", "jax", "torch"}
    True
    """
    return [name for name in BACKENDS if importlib.util.find_spec(name) is not None]


def select(name: str | None = None) -> str:
    """Choose the backend before Keras is first imported.

    It is the first of: `name`; the environment variable `KERAS_BACKEND`; the Keras
    configuration file, if a person wrote it; the first installed of TensorFlow, JAX
    and PyTorch. Once Keras is imported the backend is fixed for the process.

    Args:
        name: str, one of `"tensorflow"`, `"jax"` and `"torch"`, or None.

    Returns:
        The name of the backend that Keras runs or will run on.

    Raises:
        InputError: if the backend is unknown or not installed, if none is
            installed, or if Keras already runs on another.

    Example:

    >>> select() in BACKENDS
    True
    """
    if "keras" in sys.modules:
        return _already_running(name)
    wanted = name or os.environ.get("KERAS_BACKEND") or _configured() or _first_installed()
    if wanted not in BACKENDS:
        raise InputError(f"Expected a backend out of {', '.join(BACKENDS)}. Received: {wanted!r}")
    if wanted not in installed():
        raise InputError(
            f"Expected an installed backend. Received: {wanted!r}, which is not installed: "
            f"pip install 'kerastune[{wanted}]', or choose one of {installed() or 'none'}"
        )
    os.environ["KERAS_BACKEND"] = wanted
    return wanted


def _already_running(name: str | None) -> str:
    """The backend of a process in which Keras is imported already."""
    import keras

    running = keras.config.backend()
    if name not in (None, running):
        raise InputError(
            f"Expected the backend that Keras already runs on, {running!r}. Received: {name!r}. "
            "Choose a backend before Keras is imported, or start a new process"
        )
    return running


def _configured() -> str | None:
    """The backend that the Keras configuration file asks for."""
    file = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "keras.json"
    try:
        configuration = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if configuration == _WRITTEN_BY_KERAS and "tensorflow" not in installed():
        return None
    return configuration.get("backend") if isinstance(configuration, dict) else None


def _first_installed() -> str:
    """The preferred one of the installed backends."""
    found = installed()
    if not found:
        raise InputError(
            "Expected TensorFlow, JAX or PyTorch to be installed. Received: none of them. "
            "Install one: pip install 'kerastune[tensorflow]', 'kerastune[jax]' or "
            "'kerastune[torch]'"
        )
    return found[0]


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and the backend. Pipelines take the seed as an argument.

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
    select()
    import keras

    keras.utils.set_random_seed(seed)


def set_precision(precision: str) -> None:
    """Set the precision in which layers built from now on compute.

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
    if precision not in PRECISIONS:
        raise InputError(
            f"Expected a precision out of {', '.join(PRECISIONS)}. Received: {precision!r}"
        )
    select()
    import keras

    keras.config.set_dtype_policy(precision)


def precision() -> str:
    """The precision in which layers built from now on compute.

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
    """The devices that the backend computes on.

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
    """The versions of the backend and of the libraries that shape a result.

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


def nested_layers(model: "keras.Model") -> "list[keras.Layer]":
    """Every layer inside a model, at any depth, the model itself left out.

    `Model.layers` holds only the first level, and composite layers (a transformer
    block, say) do not list theirs publicly.

    Args:
        model: a built Keras model.

    Returns:
        List of layers, parents before their children, each once.

    Example:

    >>> import keras
    >>> inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="inside")])
    >>> "inside" in [layer.name for layer in nested_layers(keras.Sequential([inner]))]
    True
    """
    return list(model._flatten_layers(include_self=False, recursive=True))


def use_exact_gelu(backbone: "keras.Model") -> None:
    """Make a BERT of KerasHub compute GELU with the error function, not its approximation.

    KerasHub writes the tanh approximation into every BERT, also where the checkpoint was
    trained with the exact function; hidden states are then off by 3e-3.

    Args:
        backbone: a `keras_hub.models.BertBackbone`. It is changed in place.

    Raises:
        RuntimeError: if this KerasHub builds its transformer layers differently.

    Example:

    >>> import keras_hub
    >>> use_exact_gelu(keras_hub.models.BertBackbone(9, 1, 1, 2, 4))
    """
    import keras

    for layer in backbone.transformer_layers:
        dense = getattr(layer, "_feedforward_intermediate_dense", None)
        if not isinstance(dense, keras.layers.Dense):
            raise RuntimeError(
                f"Expected {layer.name!r} to hold the dense layer `_feedforward_intermediate_dense`"
                f". Received: {versions()}, in which it does not. Install keras-hub 0.32"
            )
        dense.activation = keras.activations.gelu
