"""Trying a backend in a process of its own, since a process can hold only one."""

import json
import subprocess
import sys
from dataclasses import dataclass

from kerastune.backends.choice import environment_of
from kerastune.backends.diagnosis.requirements import installed_version
from kerastune.errors import InputError

# The names of the distributions that may bring a backend.
_DISTRIBUTIONS = {
    "tensorflow": ("tensorflow", "tensorflow-cpu", "tf-nightly"),
    "jax": ("jax",),
    "torch": ("torch",),
}
_PROBE = """
import json
from kerastune import backends
backends.select()
import keras
total = float(keras.ops.sum(keras.ops.matmul(keras.ops.ones((2, 3)), keras.ops.ones((3, 2)))))
assert total == 12, f"a product of matrices gave {total} in place of 12"
print(json.dumps({"devices": backends.devices()}))
"""


@dataclass(frozen=True)
class BackendReport:
    """Result of trying a backend.

    Args:
        name: str, one of `kerastune.backends.BACKENDS`.
        version: str, or None if it is not installed.
        devices: tuple of str, what it computes on, such as `"gpu:0"`.
        error: str, why it does not work, or None.

    Example:

    >>> BackendReport("jax", "0.10.2", ("cpu:0",)).works
    True
    """

    name: str
    version: str | None
    devices: tuple[str, ...] = ()
    error: str | None = None

    @property
    def works(self) -> bool:
        """bool, whether it is installed and computes."""
        return self.version is not None and self.error is None


def backend_version(name: str) -> str | None:
    """Returns the version of a backend.

    Args:
        name: str, one of `kerastune.backends.BACKENDS`.

    Returns:
        A str, or None if it is not installed.

    Example:

    >>> isinstance(backend_version("torch"), str | None)
    True
    """
    found = (installed_version(distribution) for distribution in _DISTRIBUTIONS[name])
    return next(filter(None, found), None)


def probe_backend(name: str, timeout: float = 300.0) -> BackendReport:
    """Starts Keras on a backend in a new process, lets it multiply, and asks for its devices.

    Args:
        name: str, one of `kerastune.backends.BACKENDS`.
        timeout: float, seconds after which it counts as broken. Defaults to 300.

    Returns:
        A `BackendReport`.

    Raises:
        InputError: if there is no such backend.

    Example:

    >>> probe_backend("theano")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a backend out of tensorflow, jax, torch. ...
    """
    if name not in _DISTRIBUTIONS:
        raise InputError(
            f"Expected a backend out of {', '.join(_DISTRIBUTIONS)}. Received: {name!r}"
        )
    version = backend_version(name)
    if version is None:
        return BackendReport(name, None)
    try:
        finished = subprocess.run(
            [sys.executable, "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=timeout,
            env=environment_of(name),
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return BackendReport(name, version, error=f"no answer within {timeout:g} s")
    if finished.returncode != 0:
        return BackendReport(name, version, error=_last_line(finished))
    answer = json.loads(finished.stdout.splitlines()[-1])
    return BackendReport(name, version, tuple(answer["devices"]))


def _last_line(finished: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in finished.stderr.splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"it ended with status {finished.returncode}"
