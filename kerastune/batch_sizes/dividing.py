"""Into how many steps a batch is divided, so that each fits into an amount of memory."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerastune.counting.plans.stage_memory import stage_memory

if TYPE_CHECKING:
    import keras

    from kerastune.tuning import Plan


@dataclass(frozen=True)
class Division:
    """A batch, divided as memory asks for.

    Args:
        parts: int, into how many steps.
        whole: int, the bytes of training on whole batches.
        divided: int, the bytes of training on the parts.

    Example:

    >>> Division(parts=2, whole=900, divided=500).parts
    2
    """

    parts: int
    whole: int
    divided: int


def division_that_fits(
    model: "keras.Model", plan: "Plan", *, batch_size: int, memory: int, input_shapes: Any
) -> Division:
    """The fewest equal parts of a batch with which every stage of a plan fits into memory.

    Args:
        model: a built Keras model, which is the same afterwards.
        plan: the `Plan`.
        batch_size: int, the samples that move the weights once. Parts are as large as one of its
            divisors: of a power of two these are powers of two.
        memory: int, bytes.
        input_shapes: as for `kerastune.counting.training_memory`.

    Returns:
        A `Division`: parts of one sample where nothing fits.

    Raises:
        InputError: if the memory of the model cannot be told.

    Example:

    >>> from kerastune.counting import open_model
    >>> from kerastune.tuning import full
    >>> model, plan = open_model("mlp_8_4_2").model, full(epochs=1, learning_rate=0.1)
    >>> division_that_fits(model, plan, batch_size=32, memory=3_000, input_shapes=None).parts
    2
    """
    stages = [stage_memory(model, stage, batch_size, input_shapes) for stage in plan.stages]

    def most(parts: int) -> int:
        return max(memory_of(parts) for memory_of in stages)

    divisors = [parts for parts in range(1, batch_size + 1) if batch_size % parts == 0]
    parts = next((parts for parts in divisors if most(parts) <= memory), batch_size)
    return Division(parts, most(1), most(parts))
