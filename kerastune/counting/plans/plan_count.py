"""What one stage of a plan trains in a model, and the memory that it takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import keras

from kerastune.backends.optimizers import abstract_slots
from kerastune.counting.adapters import Adapters, find_adapters
from kerastune.counting.dtypes import stored_bytes
from kerastune.counting.memory.precision import computing_in
from kerastune.counting.memory.training import Memory, training_memory, variable_bytes
from kerastune.counting.plans.plan_text import PlanStage
from kerastune.counting.structure import VariableUse
from kerastune.counting.weights import count_model
from kerastune.errors import InputError, closest
from kerastune.tuning import PLANS, NoMatchError, train_only
from kerastune.tuning.freezing.trainability import restored_trainability, set_trainable
from kerastune.tuning.groups.backbone import find_backbone, used_weights
from kerastune.tuning.plans.optimizer_names import named_optimizer


@dataclass(frozen=True)
class PlanCount:
    """What one stage of a plan trains in a model; by kind with the adapters that it adds."""

    stage: PlanStage
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
    model: keras.Model, stage: PlanStage, *, optimizer: str | None = None, **options: Any
) -> PlanCount:
    """What a stage would train in a model, which is the same afterwards; as `compare_plans`."""
    used = optimizer or stage.stage.optimizer
    options = {"batch_size": None, **options, "optimizer": used}
    with _trainable_as_in(model, stage) as adapters:
        by_kind = count_model(model).by_kind()
        if adapters is None:
            memory = training_memory(model, **options)
        else:
            by_kind["adapter"] += adapters.parameters
            memory = _memory_with_adapters(model, adapters, **options)
    label = used if isinstance(used, str) else type(used).__name__
    return PlanCount(stage, by_kind, adapters, memory, label)


@contextmanager
def _trainable_as_in(model: keras.Model, stage: PlanStage) -> Iterator[Adapters | None]:
    """Make trainable what a stage trains; gives the adapters that it would add."""
    with restored_trainability(model):
        if stage.rank is None:
            _train(model, stage)
            yield None
        else:
            adapters = find_adapters(model, stage.rank, stage.layers)
            adapted = {id(place.variable) for place, _ in adapters.pairs}
            set_trainable(model, [one for one in _head(model) if id(one) not in adapted])
            yield adapters


def _head(model: keras.Model) -> list[keras.Variable]:
    """The weights outside a backbone, which train beside adapters; none without a backbone.

    What comes last in a backbone (a pooling layer, a normalization) need not be trained.
    """
    backbone = find_backbone(model)
    if backbone is None:
        return []
    inside = {id(weight) for weight in backbone.weights}
    return [weight for weight in used_weights(model) if id(weight) not in inside]


def _train(model: keras.Model, stage: PlanStage) -> None:
    """Make trainable what a pattern names, or say what is wrong with the plan."""
    wanted = stage.stage
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


def _memory_with_adapters(
    model: keras.Model, adapters: Adapters, *, batch_size: int | None, **options: Any
) -> Memory:
    """The memory of training adapters beside a model in which the head alone trains.

    Keras adds the product of the two matrices to a kernel, and computes with the sum. So the
    activations are those of training the kernel itself, and the sum is a copy of it that lives
    until the backward pass; that of the very first kernels does not, and is counted too.
    Beside a quantized kernel it computes otherwise, and activations are not known.
    """
    shapes = options.pop("input_shapes", None)
    head = training_memory(model, batch_size=None, **options)
    if any(place.layer.quantization_mode for place, _ in adapters.pairs):
        batch_size = None
    kernels = [place.variable for place, _ in adapters.pairs]
    with restored_trainability(model):
        set_trainable(model, [*model.trainable_variables, *kernels])
        whole = training_memory(model, batch_size=batch_size, input_shapes=shapes, **options)
    with computing_in(model, options.get("precision")):
        copies = sum(_copied(place, pair) for place, pair in adapters.pairs)
    stored = variable_bytes(adapters.matrices)
    slots = abstract_slots(named_optimizer(options["optimizer"]), adapters.matrices).slots
    return replace(
        whole,
        weights=whole.weights + stored,
        compute_copies=whole.compute_copies + copies,
        gradients=head.gradients + stored,
        slots=head.slots + variable_bytes(slots),
    )


def _copied(place: VariableUse, pair: list[keras.Variable]) -> int:
    """The memory of a kernel added to its adapters, and of the adapters in the compute dtype."""
    layer = place.layer
    dtype, copies = layer.compute_dtype, []
    # Where a layer casts its kernel, the sum takes the place of the cast one.
    if not (layer.autocast and layer.variable_dtype != dtype) and not layer.quantization_mode:
        copies = [place.variable]
    if layer.autocast:
        copies += [matrix for matrix in pair if matrix.dtype != dtype]
    return sum(stored_bytes(tuple(copy.shape), dtype) for copy in copies)
