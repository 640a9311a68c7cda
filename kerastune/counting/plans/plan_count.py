"""What one stage of a plan trains in a model, and the memory that it takes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerastune.counting.adapters import Adapters
from kerastune.counting.memory import Memory, training_memory
from kerastune.counting.plans.adapted_memory import adapted_memory
from kerastune.counting.plans.plan_text import Choice
from kerastune.counting.plans.trial import tried
from kerastune.counting.weights import count_model

if TYPE_CHECKING:
    import keras

USUAL_OPTIMIZER = "adamw"


@dataclass(frozen=True)
class PlanCount:
    """What one stage of a plan trains in a model.

    Args:
        choice: the stage.
        by_kind: dictionary from each of `KINDS` to its parameters. Those of the adapters that
            the stage would add are among them.
        adapters: the adapters that it would add, or None.
        memory: the `Memory` of training it.
        optimizer: str, what it trains with.
    """

    choice: Choice
    by_kind: dict[str, int]
    adapters: Adapters | None
    memory: Memory
    optimizer: str

    @property
    def trainable(self) -> int:
        """int, the parameters that training moves."""
        return self.by_kind["trainable"] + self.by_kind["adapter"]

    @property
    def share(self) -> float:
        """float, the part of all parameters that training moves, 0 to 1."""
        return self.trainable / sum(self.by_kind.values())


def count_plan(
    model: "keras.Model",
    choice: Choice,
    *,
    optimizer: str | None = None,
    precision: str | None = None,
    batch_size: int | None = None,
    input_shapes: Any = None,
) -> PlanCount:
    """What one stage of a plan would train in a model.

    Args:
        model: a built Keras model, with values or without. It is the same afterwards.
        choice: the stage.
        optimizer: as for `compare_plans`.
        precision: as for `compare_plans`.
        batch_size: as for `compare_plans`.
        input_shapes: as for `compare_plans`.

    Returns:
        A `PlanCount`.

    Raises:
        NoMatchError: if a pattern matches nothing.
        InputError: if the stage does not fit the model.
    """
    options: dict[str, Any] = {
        "optimizer": optimizer or choice.optimizer or USUAL_OPTIMIZER,
        "precision": precision,
        "batch_size": batch_size,
        "input_shapes": input_shapes,
    }
    with tried(model, choice) as adapters:
        by_kind = count_model(model).by_kind()
        if adapters is None:
            memory = training_memory(model, **options)
        else:
            by_kind["adapter"] += adapters.parameters
            memory = adapted_memory(model, adapters, **options)
    trained_with = options["optimizer"]
    label = trained_with if isinstance(trained_with, str) else type(trained_with).__name__
    return PlanCount(choice, by_kind, adapters, memory, label)
