"""What one stage of a plan trains in a model, and the memory that it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import keras

from kerastune.counting.memory.training import Memory, training_memory
from kerastune.counting.plans.plan_text import PlanStage
from kerastune.counting.weights import count_model
from kerastune.errors import InputError, closest
from kerastune.tuning import PLANS, NoMatchError, train_only
from kerastune.tuning.adapters.adapted import adapted_layers
from kerastune.tuning.adapters.attaching import attached
from kerastune.tuning.freezing.trainability import restored_trainability
from kerastune.tuning.groups.backbone import find_backbone


@dataclass(frozen=True)
class PlanCount:
    """What one stage of a plan trains in a model; by kind with the adapters that it adds."""

    stage: PlanStage
    by_kind: dict[str, int]
    adapted_layers: int
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
    model: keras.Model, stage: PlanStage, *, optimizer: str | None = None, **options: Any
) -> PlanCount:
    """What a stage would train in a model, which is the same afterwards; as `compare_plans`."""
    used = optimizer or stage.stage.optimizer
    options = {"batch_size": None, **options, "optimizer": used}
    with _trainable_as_in(model, stage):
        by_kind = count_model(model).by_kind()
        adapted = adapted_layers(model)
        if any(one.layer.quantization_mode for one in adapted):
            # What Keras keeps for the backward pass beside a quantized kernel is not known.
            options["batch_size"] = None
        memory = training_memory(model, **options)
    label = used if isinstance(used, str) else type(used).__name__
    return PlanCount(stage, by_kind, len(adapted), memory, label)


@contextmanager
def _trainable_as_in(model: keras.Model, stage: PlanStage) -> Iterator[None]:
    """Make trainable what a stage trains, with the adapters that it adds."""
    added = stage.stage.adapters
    with restored_trainability(model), attached(model, [] if added is None else [added]):
        _train(model, stage)
        yield


def _train(model: keras.Model, stage: PlanStage) -> None:
    """Make trainable what a pattern names, or say what is wrong with the plan."""
    wanted = stage.stage
    if wanted.adapters is not None and find_backbone(model) is None:
        # What comes last in a backbone alone, such as a pooling layer, is no head that trains.
        wanted = replace(wanted, trainable="adapters")
    pattern = wanted.trainable
    try:
        train_only(model, pattern, batch_norm=wanted.batch_norm, dropout=wanted.dropout)
    except NoMatchError as error:
        if stage.plan != pattern:
            raise InputError(
                f"Expected plans that fit {model.name!r}. Received: {stage.plan!r}, which trains "
                f"{pattern!r}, of which the model has nothing"
            ) from error
        if hint := closest(pattern, [*PLANS, "lora"]):
            raise InputError(
                f"Expected a plan ({', '.join(PLANS)}, lora(8), a YAML file) or a pattern of "
                f"variables of {model.name!r}. Received: {pattern!r}.{hint}"
            ) from error
        raise
