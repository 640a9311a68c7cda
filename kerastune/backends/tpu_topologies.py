"""The real TPU compiler, on a machine without a TPU: the optional package `libtpu`."""

import importlib.util
import os
import re
import sys
from collections.abc import Sequence
from typing import Any

from kerastune.errors import InputError, MissingExtraError, reason

USUAL = "v5e:2x2"
"""What a step that is divided over chips is compiled for where nothing else is asked for."""

# By what Google Cloud calls machines of a generation; the number of chips follows.
_ACCELERATORS = {"v5e": "v5litepod", "v6e": "v6e"}
_TOPOLOGY = re.compile(r"(v\w+):(\d+)x(\d+)")


def prepare_topology(topology: str) -> None:
    """Sets what `libtpu` reads from the environment. Before JAX starts is the time for it.

    Args:
        topology: str, generation and chips, such as `"v5e:2x2"`.

    Raises:
        InputError: if it is no topology.
        MissingExtraError: if `libtpu` is not installed.

    Example:

    >>> prepare_topology("v5e")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a topology such as v5e:2x2... Received: 'v5e'
    """
    generation, count = _parsed(topology)[1], chips(topology)
    if not has_compiler():
        raise MissingExtraError("Compiling for a TPU without one", "tpu")
    if "JAX_PLATFORMS" not in os.environ:
        os.environ["JAX_PLATFORMS"] = "cpu"
        if "jax" in sys.modules:
            # It has read the variable already, and would look for a TPU now.
            sys.modules["jax"].config.update("jax_platforms", "cpu")
    # Only compiling, it is in nobody's way who has the TPUs of this machine, or compiles too.
    os.environ.setdefault("ALLOW_MULTIPLE_LIBTPU_LOAD", "1")
    # There is no machine to ask about itself.
    os.environ["TPU_SKIP_MDS_QUERY"] = "1"
    os.environ["TPU_WORKER_HOSTNAMES"] = "localhost"
    os.environ["TPU_ACCELERATOR_TYPE"] = f"{_ACCELERATORS[generation]}-{count}"


def chips(topology: str) -> int:
    """Returns how many chips a topology has.

    Args:
        topology: str, such as `"v5e:2x2"`.

    Raises:
        InputError: if it is no topology.

    Example:

    >>> chips("v5e:2x2")
    4
    """
    match = _parsed(topology)
    return int(match[2]) * int(match[3])


def topology_devices(topology: str) -> Sequence[Any]:
    """Returns the chips of a topology, as devices of JAX that one can compile for.

    Args:
        topology: str, for which `prepare_topology` was called.

    Raises:
        InputError: if there is no such topology.
    """
    from jax.experimental import topologies

    try:
        return topologies.get_topology_desc(topology, platform="tpu").devices
    except Exception as error:
        raise InputError(
            f"Expected a topology that libtpu knows. Received: {topology!r}: {reason(error)}"
        ) from error


def has_compiler() -> bool:
    """Returns whether the compiler of TPUs is installed.

    Example:

    >>> isinstance(has_compiler(), bool)
    True
    """
    return importlib.util.find_spec("libtpu") is not None


def _parsed(topology: str) -> "re.Match[str]":
    """The parts of a topology."""
    match = _TOPOLOGY.fullmatch(topology)
    if match is None or match[1] not in _ACCELERATORS:
        raise InputError(
            f"Expected a topology such as v5e:2x2, of {' or '.join(_ACCELERATORS)}. "
            f"Received: {topology!r}"
        )
    return match
