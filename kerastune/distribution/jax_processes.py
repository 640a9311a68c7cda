"""The processes of JAX: begun, and what the first one tells the others."""

import os
from typing import Any

from kerastune.distribution.launchers import Launch
from kerastune.distribution.settings import ModelParallel
from kerastune.errors import InputError, reason

_HEARTBEAT = 20
"""Seconds without a sign of life after which a process counts as lost."""


def begin(launch: Launch, settings: str | ModelParallel) -> list[str]:
    """Lets the processes meet, before JAX looks for devices.

    Args:
        launch: the `Launch`.
        settings: as `distribution_settings` returns it.

    Returns:
        List of lines about it, for people.

    Raises:
        InputError: if they do not meet, or have not the same number of devices each, or a mesh
            has another.
    """
    import jax

    if launch.processes > 1:
        host = launch.coordinator.rpartition(":")[0]
        is_here = host in ("127.0.0.1", "localhost", "::1")
        more: dict[str, Any] = {}
        if is_here:
            # Otherwise it would listen to the whole network.
            more["coordinator_bind_address"] = launch.coordinator
        if launch.local_processes > 1 and os.environ.get("JAX_PLATFORMS", "") != "cpu":
            more["local_device_ids"] = [launch.local_rank]
        try:
            jax.distributed.initialize(
                launch.coordinator,
                launch.processes,
                launch.rank,
                heartbeat_timeout_seconds=_HEARTBEAT,
                **more,
            )
        except (RuntimeError, ValueError) as error:
            raise InputError(
                f"Expected {launch.processes} processes that meet at {launch.coordinator} before "
                f"JAX is used. Received: {reason(error)}. Is that address reachable, and its port "
                "free?"
            ) from error
    devices = jax.device_count()
    if devices != jax.local_device_count() * jax.process_count():
        raise InputError(
            f"Expected as many devices in each of {jax.process_count()} processes. Received: "
            f"{devices} in all, {jax.local_device_count()} in process {jax.process_index()}"
        )
    mesh = settings.shape(devices) if isinstance(settings, ModelParallel) else None
    if devices == 1:
        return ["One process and one device: nothing is spread."]
    if mesh is not None:
        return [
            f"Weights are divided over {devices} devices, {mesh[0]} x {mesh[1]} along data and "
            "model, by keras.distribution."
        ]
    several = f" of {launch.processes} processes" if launch.processes > 1 else ""
    return [f"Batches are divided over {devices} devices{several}, by keras.distribution."]


def broadcast(message: bytes) -> bytes:
    """Returns the bytes of the first process, in each process.

    Args:
        message: bytes; those of others than the first are not looked at.
    """
    import numpy as np
    from jax.experimental.multihost_utils import broadcast_one_to_all

    size = int(broadcast_one_to_all(np.int32(len(message))))
    data = np.zeros(size, "uint8")
    here = np.frombuffer(message, "uint8")[:size]
    data[: len(here)] = here
    return np.asarray(broadcast_one_to_all(data)).astype("uint8").tobytes() if size else b""
