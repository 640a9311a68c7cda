"""A training step compiled by XLA: what it takes on a device, and what devices send each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerastune.backends.collectives import Collective, collectives
from kerastune.errors import InputError

if TYPE_CHECKING:
    from kerastune.backends.lowering import TracedStep


@dataclass(frozen=True)
class CompiledStep:
    """What a compiler gives for one device, in bytes.

    Args:
        platform: str, what it is compiled for, such as `"tpu"`.
        machine: str, such as `"v5e:2x2"`.
        arguments: int, weights, slots and the batch.
        outputs: int, what is not written over arguments.
        temporaries: int, activations, gradients and the like.
        code: int.
        devices: int, over how many the step is divided. Defaults to 1.
        collectives: tuple of `Collective`, what they send each other.

    Example:

    >>> CompiledStep("tpu", "v5e:2x2", 100, 0, 50, 10).total
    160
    """

    platform: str
    machine: str
    arguments: int
    outputs: int
    temporaries: int
    code: int
    devices: int = 1
    collectives: tuple[Collective, ...] = ()

    @property
    def total(self) -> int:
        """All of it at once, in bytes."""
        return self.arguments + self.outputs + self.temporaries + self.code


def compile_step(step: "TracedStep", platform: str, machine: str, device: Any) -> CompiledStep:
    """Compiles a training step.

    It takes seconds for a small network and minutes for a large one.

    Args:
        step: the `TracedStep`. What it says of devices holds.
        platform: str, the platform of the devices.
        machine: str, what they are called.
        device: that of JAX on which everything is of which the step says nothing.

    Returns:
        The `CompiledStep`.

    Raises:
        StepError: if the step cannot be compiled.
    """
    import jax

    from kerastune.backends.lowering import StepError

    alone = jax.sharding.SingleDeviceSharding(device)

    def placed(leaf: Any) -> Any:
        sharding = leaf.sharding or alone
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding)

    arguments = jax.tree.map(placed, step.arguments)
    try:
        traced = step.function.trace(*arguments)
        compiled = traced.lower(lowering_platforms=(platform,)).compile()
        analysis: Any = compiled.memory_analysis()
    except Exception as error:
        raise StepError(error, None) from error
    devices = len(jax.tree.leaves(arguments)[0].sharding.device_set)
    return CompiledStep(
        platform,
        machine,
        arguments=analysis.argument_size_in_bytes,
        outputs=analysis.output_size_in_bytes - analysis.alias_size_in_bytes,
        temporaries=analysis.temp_size_in_bytes,
        code=analysis.generated_code_size_in_bytes,
        devices=devices,
        collectives=collectives(compiled.as_text()) if devices > 1 else (),
    )


def prepare_processors(count: int) -> None:
    """Lets JAX take the processor for several devices, unless it has begun.

    Args:
        count: int.
    """
    import jax

    try:
        jax.config.update("jax_num_cpu_devices", count)
    except RuntimeError:
        return  # What it has then is looked at by `processors`.


def processors(count: int) -> Sequence[Any]:
    """Returns devices of JAX on the processor.

    Args:
        count: int, how many.

    Raises:
        InputError: if JAX has begun with fewer.
    """
    import jax

    found = jax.devices("cpu")
    if len(found) < count:
        raise InputError(
            f"Expected {count} devices on the processor, to compile for. Received: {len(found)}, "
            "with which JAX has begun. Use the command, or set "
            f"XLA_FLAGS=--xla_force_host_platform_device_count={count} before Python starts"
        )
    return found[:count]
