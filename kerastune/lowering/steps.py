"""From a recipe to its model, compiled as the last stage of its plan compiles it, and a batch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerastune import backends

backends.select()

import keras

from kerastune.backends import build_abstract, nested_layers
from kerastune.backends.lowering import compile_abstract, located
from kerastune.data import steps_per_epoch
from kerastune.jobs.job import Job
from kerastune.jobs.recipe import Recipe
from kerastune.training.compiling import compile_for_stage
from kerastune.training.samples import input_shapes, longest_batch
from kerastune.tuning.patterns.matching import match

if TYPE_CHECKING:
    from kerastune.distribution.jax_lowering import ShardedStep
    from kerastune.lowering.targets import Target


@dataclass(frozen=True)
class Step:
    """A training step that can be traced.

    Args:
        job: the `Job`, whose model is compiled.
        batch: tuple `(x, y)` or `(x, y, sample_weight)` of arrays.
        notes: tuple of str, what a reader has to know.
    """

    job: Job
    batch: tuple[Any, ...]
    notes: tuple[str, ...]

    @property
    def batch_size(self) -> int:
        """The samples of the batch."""
        return int(keras.tree.flatten(self.batch[0])[0].shape[0])

    @property
    def input_shapes(self) -> Any:
        """The shapes of the inputs without the batch axis, as `count_operations` takes them."""
        return input_shapes(self.batch[0])


def job_without_memory(recipe: Recipe[Any], options: dict[str, Any]) -> Job:
    """The job of a recipe, its model without memory for weights where that is possible.

    Args:
        recipe: the `Recipe`.
        options: dictionary of its arguments.

    Returns:
        A `Job`. Its data are read: a batch has their shapes.

    Raises:
        InputError: if an option or the data cannot be used.
        StepError: if it cannot be built for another reason.
    """
    try:
        return build_abstract(lambda: recipe.build(**options))
    except Exception:
        # A recipe may read weights, which a model without memory has not. What else is wrong
        # is raised again below.
        pass
    with located():
        return recipe.build(**options)


def compiled_step(job: Job) -> Step:
    """The model of a job compiled for the last stage of its plan, and the batch that it takes.

    Args:
        job: the `Job`. Its model is compiled, and frozen as the stage says.

    Returns:
        A `Step`, with the longest batch where lengths differ.

    Raises:
        InputError: if samples or the plan cannot be used.
        StepError: if the model cannot be called on the batch.

    Example:

    >>> from kerastune import recipes
    >>> step = compiled_step(recipes.linear_regression.build(batch_size=4))
    >>> step.batch[0].shape, step.job.model.compiled
    ((4, 10), True)
    """
    job.prepare.check(job.splits.training)
    stage = job.chosen_plan.stages[-1]
    samples = job.splits.training
    batch = longest_batch(samples, job.prepare, job.head, job.batch_size)
    steps = stage.total_steps(steps_per_epoch(samples, job.batch_size))
    compile_abstract(job.model, lambda: compile_for_stage(job.model, job.head, stage, steps), batch)
    return Step(job, batch, tuple(_notes(job, batch, stage.name)))


def sharded(step: Step, target: "Target") -> "ShardedStep":
    """The step as it is divided over devices.

    Args:
        step: the `Step`.
        target: the `Target`, with a distribution.

    Returns:
        A `ShardedStep`.

    Raises:
        InputError: if the layout does not fit the model or the devices.
        StepError: if it cannot be traced.
    """
    from kerastune.distribution.jax_lowering import sharded_step

    settings, devices = target.settings, target.devices_of_jax()
    if settings is None:
        raise ValueError("Expected a target with a distribution. Received: one device")
    return sharded_step(settings, step.job.model, step.batch, match, devices)


def _notes(job: Job, batch: tuple[Any, ...], stage: str) -> list[str]:
    """What a reader has to know of a step."""
    layers = [job.model, *nested_layers(job.model)]
    shapes = ", ".join(
        f"{' x '.join(map(str, leaf.shape))} {leaf.dtype}" for leaf in keras.tree.flatten(batch[0])
    )
    notes = [
        f"The stage {stage!r} of the plan {job.chosen_plan.name!r}, in "
        f"{job.options['precision']}, on a batch of {shapes}."
    ]
    if job.pretraining is not None:
        notes.append("The pretraining of the backbone is not looked at.")
    if job.prepare.lengths(job.splits.training) is not None:
        notes.append("The longest batch; each shorter length is compiled by itself.")
    if not job.model.jit_compile:
        uncompiled = [layer.name for layer in layers if not layer.supports_jit]
        names = ", ".join(uncompiled) or "the model"
        notes.append(
            f"Keras compiles no step of this model, because of {names}: it would run operation "
            "by operation. Give jit_compile=True to its `compile`, or move them to the data."
        )
    if any("ttention" in type(layer).__name__ for layer in layers):
        notes.append(
            "Traced without flash attention, which Keras chooses for the machine where it traces: "
            "there attention may take less memory than counted here."
        )
    return notes
