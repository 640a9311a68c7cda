"""The most memory that this process has used so far."""

import sys
from pathlib import Path

from kerastune.backends.choice import select


def peak_memory() -> dict[str, int | None]:
    """Returns the most memory that this process has held, on the host and on its first device.

    Returns:
        Dictionary with the bytes of `process`, what the system counts as resident, and of
        `device`, what the backend has taken on its accelerator; None where it is not known.

    Example:

    >>> peak_memory()["process"] > 10**6
    True
    """
    return {"process": _of_process(), "device": _of_device()}


def _of_process() -> int | None:
    """The bytes of this process."""
    status = Path("/proc/self/status")
    if status.is_file():
        # What getrusage tells on Linux begins at the size of the process that started this one.
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows has no such module.
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _of_device() -> int | None:
    """The bytes on the accelerator, or None where there is none."""
    return {"tensorflow": _of_tensorflow, "jax": _of_jax, "torch": _of_torch}[select()]()


def _of_tensorflow() -> int | None:
    import tensorflow as tf

    if not tf.config.list_logical_devices("GPU"):
        return None
    return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])


def _of_jax() -> int | None:
    import jax

    # None on a CPU.
    statistics = jax.local_devices()[0].memory_stats() or {}
    return statistics.get("peak_bytes_in_use")


def _of_torch() -> int | None:
    import torch

    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None
