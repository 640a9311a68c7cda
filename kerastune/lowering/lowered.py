"""Lowering the training step of a recipe for machines that are not there."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kerastune import backends
from kerastune.errors import InputError

if TYPE_CHECKING:
    from kerastune.backends.lowering import StepError, TracedStep
    from kerastune.counting import Memory, Operations
    from kerastune.distribution.jax_lowering import Held
    from kerastune.jobs.recipe import Recipe
    from kerastune.lowering.outcome import Lowering, PlatformOutcome
    from kerastune.lowering.steps import Step
    from kerastune.lowering.targets import Target
    from kerastune.lowering.tiles import TiledTensor

DEFAULT_PLATFORMS = ("tpu", "cuda")
"""What is lowered for where nothing else is asked for."""


def lower(
    recipe: "str | Recipe[Any]",
    *,
    platforms: str | Sequence[str] = DEFAULT_PLATFORMS,
    compile_for: str | None = None,
    devices: int | None = None,
    **options: Any,
) -> "Lowering":
    """Returns whether the training step of a recipe runs on platforms that need not be there.

    The step is that of the last stage of the plan, with all that `model.fit` runs on the JAX
    backend: forward pass, loss, gradients, update of the optimizer, metrics. It is traced from
    shapes and lowered by `jax.export`. Data are read, weights are not. With a `distribution` it is
    the step that is divided over devices, which is compiled too, to count what they send each
    other: by the TPU compiler where that is installed and `platforms` has `"tpu"`, for
    `"v5e:2x2"`, or else by XLA's compiler for processors.

    Args:
        recipe: the `Recipe`, a name of one, or `FILE.py:NAME`.
        platforms: sequence of str out of `"tpu"`, `"cuda"`, `"rocm"`, `"cpu"`, or one str with
            commas. Defaults to `("tpu", "cuda")`.
        compile_for: str, a TPU topology such as `"v5e:2x2"`, for one chip of which, or with a
            `distribution` for all, the TPU compiler (the extra `tpu`) compiles the step too.
            Defaults to None.
        devices: int, over how many devices a step with a `distribution` is divided. Defaults to
            those of the topology, or 4.
        **options: the recipe's own arguments and `RunOptions`, by name.

    Returns:
        A `Lowering`.

    Raises:
        InputError: if there is no such recipe or platform, an option or the data cannot be used,
            JAX is not installed, or Keras runs on another backend.
        MissingExtraError: if `compile_for` is given and `libtpu` is not installed.

    Example:

    >>> lower("lenet", platforms="tpu,abacus")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected platforms out of ... Received: 'abacus'.
    """
    from kerastune.lowering.targets import target_for

    target = target_for(platforms, compile_for, devices, options.get("distribution"))
    target.prepare()
    backends.select(backends.LOWERS)
    from kerastune.backends.lowering import StepError, trace_step
    from kerastune.jobs.recipe_files import find_recipe
    from kerastune.lowering.reasons import known_obstacle
    from kerastune.lowering.steps import compiled_step, job_without_memory, sharded

    found = find_recipe(recipe) if isinstance(recipe, str) else recipe
    try:
        job = job_without_memory(found, options)
    except StepError as error:
        if known_obstacle(error, target.platforms[0]) is None:
            raise error.cause from None  # The recipe fails on any machine.
        return _stopped(found.__name__, error, target)
    try:
        step = compiled_step(job)
        if target.settings is None:
            return _lowered(step, trace_step(job.model, step.batch), target)
        divided = sharded(step, target)
    except StepError as error:
        return _stopped(job.name, error, target)
    return _lowered(step, divided.traced, target, divided.held, divided.notes)


def _stopped(name: str, error: "StepError", target: "Target") -> "Lowering":
    """What is told of a step that cannot be traced, for which no platform makes a difference."""
    from kerastune.lowering.outcome import Lowering, PlatformOutcome
    from kerastune.lowering.reasons import obstacle

    failed = tuple(PlatformOutcome(one, None, obstacle(error, one)) for one in target.platforms)
    compiled = obstacle(error, target.platform) if target.compiles else None
    return Lowering(name, failed, None, None, (), compiled)


def _lowered(
    step: "Step",
    traced: "TracedStep",
    target: "Target",
    held: "tuple[Held, ...]" = (),
    told: tuple[str, ...] = (),
) -> "Lowering":
    """Lower a step, and count what it costs."""
    from kerastune.lowering.outcome import Lowering

    outcomes = tuple(_platform_outcome(traced, platform) for platform in target.platforms)
    operations, memory, tiles, notes = _counted(step)
    compiled = _compiled(traced, target) if target.compiles else None
    notes = (*step.notes, *told, *notes)
    return Lowering(step.job.name, outcomes, operations, memory, tiles, compiled, notes, held)


def _platform_outcome(traced: "TracedStep", platform: str) -> "PlatformOutcome":
    from kerastune.backends.lowering import StepError
    from kerastune.lowering.outcome import PlatformOutcome
    from kerastune.lowering.reasons import obstacle

    try:
        return PlatformOutcome(platform, traced.module_bytes(platform))
    except StepError as error:
        found = obstacle(error, platform, has_callbacks=traced.has_callbacks)
        return PlatformOutcome(platform, None, found)


def _compiled(traced: "TracedStep", target: "Target") -> Any:
    """What the compiler gives, or what keeps it."""
    from kerastune.backends.compiled_steps import compile_step
    from kerastune.backends.lowering import StepError
    from kerastune.lowering.reasons import obstacle

    first = target.devices_of_jax()[0]
    try:
        return compile_step(traced, target.platform, target.topology or "processor", first)
    except StepError as error:
        return obstacle(error, target.platform, has_callbacks=traced.has_callbacks)


def _counted(
    step: "Step",
) -> "tuple[Operations | None, Memory | None, tuple[TiledTensor, ...], tuple[str, ...]]":
    """FLOPs, memory and padding of a step, and why where they are not known."""
    from kerastune.backends.tracing.run import trace_model
    from kerastune.counting import count_operations, training_memory
    from kerastune.counting.operations.inputs import abstract_inputs
    from kerastune.lowering.tiles import tiled_tensors

    model, size, shapes = step.job.model, step.batch_size, step.input_shapes
    try:
        operations = count_operations(model, batch_size=size, input_shapes=shapes)
        memory = training_memory(
            model, optimizer=model.optimizer, batch_size=size, input_shapes=shapes
        )
    except InputError as error:
        return None, None, (), (f"Not counted: {error}.",)
    trace = trace_model(model, abstract_inputs(model, size, shapes), training=True)
    unknown = tuple(f"Not counted, because it is not known: {what}." for what in operations.unknown)
    return operations, memory, tuple(tiled_tensors(trace)), unknown
