"""Lowering the training step of a recipe for machines that are not there."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kerastune import backends
from kerastune.errors import InputError, closest

if TYPE_CHECKING:
    from kerastune.backends.lowering import StepError, TracedStep
    from kerastune.counting import Memory, Operations
    from kerastune.jobs.recipe import Recipe
    from kerastune.lowering.outcome import Lowering, PlatformOutcome
    from kerastune.lowering.steps import Step
    from kerastune.lowering.tiles import TiledTensor

DEFAULT_PLATFORMS = ("tpu", "cuda")
"""What is lowered for where nothing else is asked for."""


def lower(
    recipe: "str | Recipe[Any]",
    *,
    platforms: str | Sequence[str] = DEFAULT_PLATFORMS,
    compile_for: str | None = None,
    **options: Any,
) -> "Lowering":
    """Returns whether the training step of a recipe runs on platforms that need not be there.

    The step is that of the last stage of the plan, with all that `model.fit` runs on the JAX
    backend: forward pass, loss, gradients, update of the optimizer, metrics. It is traced from
    shapes and lowered by `jax.export`. Data are read, weights are not.

    Args:
        recipe: the `Recipe`, a name of one, or `FILE.py:NAME`.
        platforms: sequence of str out of `"tpu"`, `"cuda"`, `"rocm"`, `"cpu"`, or one str with
            commas. Defaults to `("tpu", "cuda")`.
        compile_for: str, a TPU topology such as `"v5e:2x2"`, for one chip of which the TPU
            compiler (the extra `tpu`) compiles the step too. Defaults to None.
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
    wanted = checked_platforms(platforms)
    if compile_for is not None:
        from kerastune.backends.tpu_topologies import prepare_topology

        prepare_topology(compile_for)
    backends.select(backends.LOWERS)
    from kerastune.backends.lowering import StepError, trace_step
    from kerastune.jobs.recipe_files import find_recipe
    from kerastune.lowering.reasons import known_obstacle
    from kerastune.lowering.steps import compiled_step, job_without_memory

    found = find_recipe(recipe) if isinstance(recipe, str) else recipe
    try:
        job = job_without_memory(found, options)
    except StepError as error:
        if known_obstacle(error, wanted[0]) is None:
            raise error.cause from None  # The recipe fails on any machine.
        return _stopped(found.__name__, error, wanted, compile_for)
    try:
        step = compiled_step(job)
        traced = trace_step(job.model, step.batch)
    except StepError as error:
        return _stopped(job.name, error, wanted, compile_for)
    return _lowered(step, traced, wanted, compile_for)


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


def _stopped(
    name: str, error: "StepError", platforms: tuple[str, ...], compile_for: str | None
) -> "Lowering":
    """What is told of a step that cannot be traced, for which no platform makes a difference."""
    from kerastune.lowering.outcome import Lowering, PlatformOutcome
    from kerastune.lowering.reasons import obstacle

    failed = tuple(PlatformOutcome(one, None, obstacle(error, one)) for one in platforms)
    compiled = obstacle(error, "tpu") if compile_for else None
    return Lowering(name, failed, None, None, (), compiled)


def _lowered(
    step: "Step", traced: "TracedStep", platforms: tuple[str, ...], compile_for: str | None
) -> "Lowering":
    """Lower a step, and count what it costs."""
    from kerastune.lowering.outcome import Lowering

    outcomes = tuple(_platform_outcome(traced, platform) for platform in platforms)
    operations, memory, tiles, notes = _counted(step)
    compiled = None if compile_for is None else _compiled(traced, compile_for)
    notes = (*step.notes, *notes)
    return Lowering(step.job.name, outcomes, operations, memory, tiles, compiled, notes)


def _platform_outcome(traced: "TracedStep", platform: str) -> "PlatformOutcome":
    from kerastune.backends.lowering import StepError
    from kerastune.lowering.outcome import PlatformOutcome
    from kerastune.lowering.reasons import obstacle

    try:
        return PlatformOutcome(platform, traced.module_bytes(platform))
    except StepError as error:
        found = obstacle(error, platform, has_callbacks=traced.has_callbacks)
        return PlatformOutcome(platform, None, found)


def _compiled(traced: "TracedStep", topology: str) -> Any:
    """What the TPU compiler gives, or what keeps it."""
    from kerastune.backends.lowering import StepError
    from kerastune.backends.tpu_topologies import compile_step
    from kerastune.lowering.reasons import obstacle

    try:
        return compile_step(traced, topology)
    except StepError as error:
        return obstacle(error, "tpu", has_callbacks=traced.has_callbacks)


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
