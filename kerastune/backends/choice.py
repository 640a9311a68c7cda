"""The choice of the backend, made once, before Keras is first imported."""

import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerastune.backends.quiet_start import prepare_tensorflow
from kerastune.errors import InputError, closest
from kerastune.installing import install_command

BACKENDS = ("tensorflow", "jax", "torch")

LOWERS = "jax"
"""The backend that lowers a step for accelerators that are not there."""

ALWAYS_COMPILED = ("jax",)
"""The backends that run what they do not compile operation by operation, many times slower."""

QUICKEST_FIRST = ("jax", "tensorflow", "torch")
"""The backends by how long `import keras` takes with each.

On two CPU cores 5.4, 9.1 and 10.1 seconds of CPU time, with Keras 3.15, JAX 0.10, TensorFlow
2.21 and PyTorch 2.13.
"""

_ALSO_CALLED = {"pytorch": "torch", "tf": "tensorflow", "flax": "jax"}

# What PyTorch, TensorFlow and JAX read when they start. NPROC is XLA's.
_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "NPROC")

# What Keras itself writes to its configuration file on the first import, whatever the
# backend then: such a file is nobody's choice.
_WRITTEN_BY_KERAS = {
    "floatx": "float32",
    "epsilon": 1e-07,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}


def installed() -> list[str]:
    """Returns the backends that are installed, in the order in which they are preferred.

    Returns:
        List of names from `BACKENDS`.

    Example:

    >>> set(installed()) <= {"tensorflow", "jax", "torch"}
    True
    """
    return [name for name in BACKENDS if importlib.util.find_spec(name) is not None]


def select(name: str | None = None, *, preferred: Sequence[str] = BACKENDS) -> str:
    """Chooses the backend before Keras is first imported.

    It is the first of: `name`; the environment variable `KERAS_BACKEND`; the Keras
    configuration file, if a person wrote it; the first installed of TensorFlow, JAX
    and PyTorch. Once Keras is imported the backend is fixed for the process. What TensorFlow
    logs about itself when it is loaded is kept off the terminal, see `prepare_tensorflow`.

    Args:
        name: str, one of `"tensorflow"`, `"jax"` and `"torch"`, or None.
        preferred: sequence of str, the order in which the installed ones are tried where
            nothing asks for one. Defaults to `BACKENDS`.

    Returns:
        The name of the backend that Keras runs or will run on.

    Raises:
        InputError: if the backend is unknown or not installed, if none is
            installed, or if Keras already runs on another.

    Example:

    >>> select() in BACKENDS
    True
    """
    prepare_tensorflow()
    if "keras" in sys.modules:
        return _already_running(name)
    wanted = name or requested_backend(preferred)[0]
    if wanted not in BACKENDS:
        meant = _ALSO_CALLED.get(str(wanted).lower(), str(wanted).lower())
        raise InputError(
            f"Expected a backend out of {', '.join(BACKENDS)}. "
            f"Received: {wanted!r}.{closest(meant, list(BACKENDS))}".removesuffix(".")
        )
    if wanted not in installed():
        raise InputError(
            f"Expected an installed backend. Received: {wanted!r}, which is not installed: "
            f"{install_command(wanted)}, or choose one of {installed() or 'none'}"
        )
    os.environ["KERAS_BACKEND"] = wanted
    return wanted


def requested_backend(preferred: Sequence[str] = BACKENDS) -> tuple[str, str]:
    """Returns the backend that Keras would run on in a new process, whether or not it can.

    Args:
        preferred: sequence of str, as in `select`.

    Returns:
        A tuple of its name and of what asks for it, both str.

    Raises:
        InputError: if nothing asks for one, and none is installed.

    Example:

    >>> name, by = requested_backend()
    """
    if wanted := os.environ.get("KERAS_BACKEND"):
        return wanted, "KERAS_BACKEND"
    if wanted := _configured():
        return wanted, str(configuration_file())
    return _first_installed(preferred), "the order of preference, as nothing asks for one"


def environment_of(
    name: str, *, in_float64: bool = False, threads: int | None = None
) -> dict[str, str]:
    """The environment variables of a new process that is to run on a backend.

    Args:
        name: str, one of `BACKENDS`.
        in_float64: bool, whether it can compute in float64, which JAX must be told when it
            starts. Defaults to False.
        threads: int, on how many threads of the processor it computes. Defaults to what it
            chooses itself.

    Returns:
        Dictionary: those of this process, with the backend.

    Example:

    >>> environment_of("jax", in_float64=True)["JAX_ENABLE_X64"]
    '1'
    """
    more = {"JAX_ENABLE_X64": "1"} if in_float64 else {}
    if threads is not None:
        more |= dict.fromkeys(_THREADS, str(threads))
    return {**os.environ, "KERAS_BACKEND": name, **more}


def asked_backend() -> str | None:
    """Returns the backend that the environment or a person's Keras configuration asks for.

    Example:

    >>> asked_backend() is None or asked_backend() in BACKENDS
    True
    """
    return os.environ.get("KERAS_BACKEND") or _configured()


def limit_threads(threads: Any) -> None:
    """Sets on how many threads of the processor the backend of this process will compute.

    Args:
        threads: int, at least 1.

    Raises:
        InputError: if it is less, or Keras is imported already.

    Example:

    >>> limit_threads(0)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a number of threads, at least 1. Received: 0
    """
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise InputError(f"Expected a number of threads, at least 1. Received: {threads!r}")
    if "keras" in sys.modules:
        raise InputError(
            f"Expected the number of threads before Keras is imported. Received: {threads} in a "
            "process that runs it. Start a new process"
        )
    os.environ.update(dict.fromkeys(_THREADS, str(threads)))


def configuration_file() -> Path:
    """Returns the path of the Keras configuration file, which may not be there.

    Example:

    >>> configuration_file().name
    'keras.json'
    """
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "keras.json"


def _already_running(name: str | None) -> str:
    """Returns the backend of a process in which Keras is imported already."""
    import keras

    running = keras.config.backend()
    if name not in (None, running):
        raise InputError(
            f"Expected the backend that Keras already runs on, {running!r}. Received: {name!r}. "
            "Choose a backend before Keras is imported, or start a new process"
        )
    return running


def _configured() -> str | None:
    """Returns the backend that the Keras configuration file asks for."""
    try:
        configuration = json.loads(configuration_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if configuration == _WRITTEN_BY_KERAS:
        return None
    return configuration.get("backend") if isinstance(configuration, dict) else None


def _first_installed(preferred: Sequence[str]) -> str:
    found = sorted(installed(), key=preferred.index)
    if not found:
        raise InputError(
            "Expected TensorFlow, JAX or PyTorch to be installed. Received: none of them. "
            f"Install one: {install_command('tensorflow')}, or with jax or torch in the brackets"
        )
    return found[0]
