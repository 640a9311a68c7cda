"""For what a step is lowered and compiled, and over how many devices it is divided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError, closest

if TYPE_CHECKING:
    from kerastune.distribution import ModelParallel

_DEVICES = 4
"""Over how many devices a step is divided where nothing else is asked for."""


@dataclass(frozen=True)
class Target:
    """For what a step is lowered and compiled.

    Args:
        platforms: tuple of str, what it is lowered for.
        topology: str, the TPU topology that it is compiled for, or None.
        settings: how it is divided, see `distribution_settings`, or None for one device.
        devices: int, over how many. Defaults to 1.

    Example:

    >>> Target(("tpu",), None, None).compiles
    False
    """

    platforms: tuple[str, ...]
    topology: str | None
    settings: "str | ModelParallel | None"
    devices: int = 1

    @property
    def compiles(self) -> bool:
        """Whether the step is compiled: for a topology, or to see what devices send."""
        return self.topology is not None or self.settings is not None

    @property
    def platform(self) -> str:
        """What it is compiled for."""
        return "cpu" if self.topology is None else "tpu"

    def prepare(self) -> None:
        """Sets what JAX reads when it begins.

        Raises:
            InputError: if the topology is none.
            MissingExtraError: if the TPU compiler is not installed.
        """
        from kerastune.backends.compiled_steps import prepare_processors
        from kerastune.backends.tpu_topologies import prepare_topology

        if self.topology is not None:
            prepare_topology(self.topology)
        elif self.settings is not None:
            prepare_processors(self.devices)

    def devices_of_jax(self) -> Sequence[Any]:
        """Returns the devices that the step is compiled for.

        Raises:
            InputError: if they are not there.
        """
        from kerastune.backends.compiled_steps import processors
        from kerastune.backends.tpu_topologies import topology_devices

        if self.topology is None:
            return processors(self.devices)
        found = topology_devices(self.topology)
        return found if self.settings is not None else found[:1]


def target_for(
    platforms: str | Sequence[str], topology: str | None, devices: int | None, distribution: Any
) -> Target:
    """Returns for what a step is to be lowered and compiled.

    Args:
        platforms: as for `lower`.
        topology: str, the TPU topology to compile for, or None.
        devices: int, over how many devices it is divided, or None.
        distribution: as for `distribution_settings`.

    Raises:
        InputError: if something cannot be used.

    Example:

    >>> target_for("cuda", None, 8, "data_parallel").devices
    8
    """
    from kerastune.backends import tpu_topologies
    from kerastune.distribution import distribution_settings

    names = checked_platforms(platforms)
    settings = distribution_settings(distribution)
    if devices is not None and (isinstance(devices, bool) or devices < 1):
        raise InputError(f"Expected devices of at least 1. Received: {devices!r}")
    if settings is None:
        if devices is not None:
            raise InputError(
                "Expected devices with a distribution, such as data_parallel. Received: "
                f"devices={devices} alone"
            )
        return Target(names, topology, None)
    if topology is None and devices is None and "tpu" in names and tpu_topologies.has_compiler():
        topology = tpu_topologies.USUAL
    if topology is None:
        return Target(names, None, settings, devices or _DEVICES)
    chips = tpu_topologies.chips(topology)
    if devices not in (None, chips):
        raise InputError(
            f"Expected the {chips} devices of {topology}, or none given. Received: {devices}"
        )
    return Target(names, topology, settings, chips)


def checked_platforms(platforms: str | Sequence[str]) -> tuple[str, ...]:
    """Returns the names of platforms, each once.

    Args:
        platforms: as for `lower`.

    Raises:
        InputError: if one is unknown, or there is none.

    Example:

    >>> checked_platforms("tpu, cuda,tpu")
    ('tpu', 'cuda')
    """
    from kerastune.backends.lowering import PLATFORMS

    parts = platforms.split(",") if isinstance(platforms, str) else platforms
    names = tuple(dict.fromkeys(part.strip() for part in parts))
    meant = {"gpu": "cuda", "nvidia": "cuda", "amd": "rocm"}
    for name in names or ("",):
        if name not in PLATFORMS:
            raise InputError(
                f"Expected platforms out of {', '.join(PLATFORMS)}. Received: {name!r}."
                + closest(meant.get(name, name), list(PLATFORMS))
            )
    return names
