"""The real TPU compiler, on a machine without a TPU: the optional package `libtpu`."""

import importlib.util
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError, MissingExtraError, reason

if TYPE_CHECKING:
    from kerastune.backends.lowering import TracedStep

# By what Google Cloud calls machines of a generation; the number of chips follows.
_ACCELERATORS = {"v5e": "v5litepod", "v6e": "v6e"}
_TOPOLOGY = re.compile(r"(v\w+):(\d+)x(\d+)")


@dataclass(frozen=True)
class CompiledMemory:
    """What the TPU compiler gives for one chip, in bytes.

    Args:
        topology: str, such as `"v5e:2x2"`.
        arguments: int, weights, slots and the batch.
        outputs: int, what is not written over arguments.
        temporaries: int, activations, gradients and the like.
        code: int.

    Example:

    >>> CompiledMemory("v5e:2x2", 100, 0, 50, 10).total
    160
    """

    topology: str
    arguments: int
    outputs: int
    temporaries: int
    code: int

    @property
    def total(self) -> int:
        """All of it at once, in bytes."""
        return self.arguments + self.outputs + self.temporaries + self.code


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
    match = _TOPOLOGY.fullmatch(topology)
    if match is None or match[1] not in _ACCELERATORS:
        raise InputError(
            f"Expected a topology such as v5e:2x2, of {' or '.join(_ACCELERATORS)}. "
            f"Received: {topology!r}"
        )
    if importlib.util.find_spec("libtpu") is None:
        raise MissingExtraError("Compiling for a TPU without one", "tpu")
    chips = int(match[2]) * int(match[3])
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    # There is no machine to ask about itself.
    os.environ["TPU_SKIP_MDS_QUERY"] = "1"
    os.environ["TPU_WORKER_HOSTNAMES"] = "localhost"
    os.environ["TPU_ACCELERATOR_TYPE"] = f"{_ACCELERATORS[match[1]]}-{chips}"


def compile_step(step: "TracedStep", topology: str) -> CompiledMemory:
    """Compiles a training step with the TPU compiler, for one chip of a topology.

    It takes seconds for a small network and minutes for a large one.

    Args:
        step: the `TracedStep`.
        topology: str, for which `prepare_topology` was called.

    Returns:
        The `CompiledMemory`.

    Raises:
        InputError: if there is no such topology.
        StepError: if the step cannot be compiled.
    """
    import jax
    from jax.experimental import topologies

    from kerastune.backends.lowering import StepError

    try:
        described = topologies.get_topology_desc(topology, platform="tpu")
    except Exception as error:
        raise InputError(
            f"Expected a topology that libtpu knows. Received: {topology!r}: {reason(error)}"
        ) from error
    chip = jax.sharding.SingleDeviceSharding(described.devices[0])

    def placed(leaf: Any) -> Any:
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=chip)

    try:
        traced = step.function.trace(*jax.tree.map(placed, step.arguments))
        analysis: Any = traced.lower(lowering_platforms=("tpu",)).compile().memory_analysis()
    except Exception as error:
        raise StepError(error, None) from error
    return CompiledMemory(
        topology,
        arguments=analysis.argument_size_in_bytes,
        outputs=analysis.output_size_in_bytes - analysis.alias_size_in_bytes,
        temporaries=analysis.temp_size_in_bytes,
        code=analysis.generated_code_size_in_bytes,
    )
