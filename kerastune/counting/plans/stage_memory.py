"""The memory of a stage of a plan, by the parts into which its batches are divided."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kerastune.counting.plans.plan_count import count_plan
from kerastune.counting.plans.plan_text import PlanStage
from kerastune.tuning.plans.given_objects import steps_per_update

if TYPE_CHECKING:
    import keras

    from kerastune.tuning import Stage


def stage_memory(
    model: "keras.Model", stage: "Stage", batch_size: int, input_shapes: Any
) -> Callable[[int], int]:
    """Returns a function from the parts of a batch to the bytes that a stage takes.

    Accumulated gradients and averaged weights are copies of what trains.

    Args:
        model: a built Keras model, which is the same afterwards.
        stage: the `Stage`.
        batch_size: int, the samples of a whole batch.
        input_shapes: as for `kerastune.counting.training_memory`.

    Raises:
        InputError: if the memory of the model cannot be told.

    Example:

    >>> from kerastune.counting import open_model
    >>> from kerastune.tuning import Stage
    >>> memory_of = stage_memory(open_model("mlp_8_4_2").model, Stage("all", 1, 0.1), 32, None)
    >>> memory_of(2) < memory_of(1)
    True
    """
    named = PlanStage(stage.name, stage.name, stage)
    first, last = (
        count_plan(model, named, batch_size=size, input_shapes=input_shapes).memory
        for size in (1, batch_size)
    )
    slope = (last.total - first.total) / max(batch_size - 1, 1)
    accumulates = steps_per_update(stage.optimizer, stage.accumulate_gradients) > 1

    def memory_of(parts: int) -> int:
        copies = (accumulates or parts > 1) + (stage.ema is not None)
        samples = batch_size // parts
        return first.total + int((samples - 1) * slope) + copies * first.gradients

    return memory_of
