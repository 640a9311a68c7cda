"""The batch size of a job that leaves it to memory: chosen before training, and told after."""

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from kerastune.backends.device_memory import free_device_memory
from kerastune.batch_sizes.dividing import division_that_fits
from kerastune.counting.dtypes import stored_bytes
from kerastune.display.formats import format_bytes
from kerastune.errors import InputError
from kerastune.training.samples import input_shapes, longest_batch
from kerastune.tuning.plans.given_objects import steps_per_update

if TYPE_CHECKING:
    from kerastune.jobs.job import Job
    from kerastune.training import TrainingHistory

# The memory model is rough, and a machine that runs out of memory ends the process.
_SHARES = {"GPU": 0.8, "machine": 0.5}


def with_batches_that_fit(job: "Job") -> "Job":
    """The same job with its batches divided, so that each step fits into memory.

    The weights move as with the recipe's own batch size: gradients of the parts are accumulated.

    Args:
        job: the `Job`, with the option `batch_size="auto"`.

    Returns:
        A `Job`. Where the memory that its model takes cannot be told, batches are whole.

    Raises:
        InputError: if a stage cannot accumulate gradients, or the system does not tell what
            memory is free.

    Example:

    >>> from kerastune import recipes
    >>> job = with_batches_that_fit(recipes.linear_regression.build(batch_size="auto"))
    >>> job.batch_size, job.parts
    (332, (1,))
    """
    plan, size = job.chosen_plan, job.batch_size
    free, device = free_device_memory()
    # The model is there already, and is a part of what training takes.
    held = sum(stored_bytes(tuple(one.shape), one.dtype) for one in job.model.variables)
    memory = int(_SHARES[device] * free) + held
    inputs = longest_batch(job.splits.training, job.prepare, job.head, 1)[0]
    limit = f"the {format_bytes(memory)} that it may take of this {device}"
    try:
        found = division_that_fits(
            job.model, plan, batch_size=size, memory=memory, input_shapes=input_shapes(inputs)
        )
    except InputError as error:
        parts, reason = 1, f"the memory that it takes is not known ({error})"
    else:
        parts = found.parts
        told = format_bytes(found.divided)
        reason = f"training takes about {told} of {limit}"
        if parts > 1:
            reason = (
                f"the gradients of {parts} steps together are of {size} samples, which at once "
                f"would take about {format_bytes(found.whole)}; so it is {told} of {limit}"
            )
    return replace(job, parts=(parts,) * len(plan.stages), parts_reason=reason)


def as_trained(job: "Job", history: "TrainingHistory") -> "Job":
    """The same job with its batches as they were, where memory ran out while it trained.

    Args:
        job: the `Job`.
        history: the `TrainingHistory` of all of its stages, or of the first ones.

    Returns:
        A `Job`, whose plan and plan table are of what was trained.

    Example:

    >>> from kerastune import recipes
    >>> from kerastune.training import TrainingHistory
    >>> job = with_batches_that_fit(recipes.linear_regression.build(batch_size="auto"))
    >>> history = TrainingHistory(stages=[{"accumulate_gradients": 4}])
    >>> as_trained(job, history).batch_size
    83
    """
    if not job.parts:
        return job
    planned = [
        steps_per_update(stage.optimizer, stage.accumulate_gradients)
        for stage in job.chosen_plan.stages
    ]
    trained = [stage["accumulate_gradients"] for stage in history.stages]
    parts: list[int] = []
    for before, now, part in zip_longest(planned, trained, job.parts):
        # A stage that was not reached would have been divided as the one before it.
        parts.append(part * now // before if now else max(part, *parts[-1:]))
    if tuple(parts) == job.parts:
        return job
    reason = f"{job.parts_reason}; memory ran out, and batches were divided further"
    return replace(job, parts=tuple(parts), parts_reason=reason)
