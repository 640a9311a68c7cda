"""The memory that is free where the backend computes."""

import os
import sys
from pathlib import Path

from kerastune.backends.choice import select
from kerastune.errors import InputError

# What a control group may take and has taken: version 2, and 1.
_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


def free_device_memory() -> tuple[int, str]:
    """Returns the memory that is free on the device that the backend computes on.

    Of a GPU it is what the backend may still take of it. Without one it is what programs may
    still take of the memory of the machine, or of the container: Linux alone tells both.

    Returns:
        Tuple of bytes and what the device is called, `"GPU"` or `"machine"`.

    Raises:
        InputError: if the system does not tell.

    Example:

    >>> size, device = free_device_memory()
    >>> size > 0, device in ("GPU", "machine")
    (True, True)
    """
    gpu = _ON_GPU[select()]()
    return (_free_memory(), "machine") if gpu is None else (gpu, "GPU")


def _torch() -> int | None:
    import torch

    # Keras puts everything on the first one. What is kept for later use is free too.
    if not torch.cuda.is_available():
        return None
    kept = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    return int(torch.cuda.mem_get_info()[0]) + kept


def _jax() -> int | None:
    import jax

    device = jax.local_devices()[0]
    told = device.memory_stats() if device.platform != "cpu" else None
    return told["bytes_limit"] - told["bytes_in_use"] if told else None


def _tensorflow() -> int | None:
    import tensorflow as tf
    from tensorflow.python.client import device_lib

    if not tf.config.list_physical_devices("GPU"):
        return None
    (first, *_) = [one for one in device_lib.list_local_devices() if one.device_type == "GPU"]
    return int(first.memory_limit) - tf.config.experimental.get_memory_info("GPU:0")["current"]


_ON_GPU = {"torch": _torch, "jax": _jax, "tensorflow": _tensorflow}


def _free_memory() -> int:
    """The memory of the machine that programs may still take, or of the container."""
    if sys.platform == "linux":
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        told = dict(line.split(":", 1) for line in lines)
        of_machine = int(told["MemAvailable"].split()[0]) * 1024
        return min([of_machine, *_of_groups()])
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError) as error:
        raise InputError(
            "Expected a system that tells how much memory is free. "
            f"Received: {sys.platform}. Give an amount, such as 16GiB, or a batch size"
        ) from error


def _of_groups() -> list[int]:
    """What control groups leave, where they have a limit."""
    left = []
    for limit, used in _GROUPS:
        try:
            numbers = [Path(path).read_text(encoding="ascii").strip() for path in (limit, used)]
        except OSError:
            continue
        if all(number.isdigit() for number in numbers):  # Without a limit it is `max`.
            left.append(max(int(numbers[0]) - int(numbers[1]), 0))
    return left
