"""Ways to tune one model, side by side: what trains, and the memory that it takes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from kerastune.counting.memory.training import ROUGH
from kerastune.counting.plans.plan_count import PlanCount, count_plan
from kerastune.counting.plans.plan_text import read_plan, split_plans
from kerastune.counting.weights import ModelCount, count_model
from kerastune.display import Column, Table
from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras


def compare_plans(
    model: "keras.Model | ModelCount",
    plans: str | Sequence[str],
    *,
    optimizer: str | None = None,
    precision: str | None = None,
    batch_size: int | None = None,
    input_shapes: Any = None,
) -> Table:
    """What each of several plans would train in a model, and the memory that it would take.

    The model is the same afterwards, and it may be one without values. Plans with adapters, such as
    `lora` and `lora(r)`, train these and the head, where there is one.

    Args:
        model: a built Keras model, or a `ModelCount` of one.
        plans: names of plans, YAML files, patterns of what trains, `lora(RANK)` and
            `lora(RANK, PATTERN)`, in a sequence or in one text with commas between them.
        optimizer: str, for all plans. Default: what a plan itself says, and `"adamw"`.
        precision: as for `training_memory`.
        batch_size: int, the samples of one step. Default: activations are left out.
        input_shapes: as for `training_memory`.

    Returns:
        A `Table` with one row for each plan or, where a plan has several, each stage.

    Raises:
        NoMatchError: if a pattern matches nothing.
        InputError: if there is no plan or none of that name, if it does not fit the model, or
            if the count is of weights alone.

    Example:

    >>> from kerastune.counting import open_model
    >>> table = compare_plans(open_model("mlp_2_3_1"), "full, head_only")
    >>> [(row["plan"], row["trainable"]) for row in table.to_dict()["rows"]]
    [('full', 13), ('head_only', 4)]
    """
    count = model if isinstance(model, ModelCount) else count_model(model)
    texts = split_plans(plans) if isinstance(plans, str) else plans
    if not texts:
        raise InputError("Expected at least one plan to compare. Received: none")
    options: dict[str, Any] = {
        "optimizer": optimizer,
        "precision": precision,
        "batch_size": batch_size,
        "input_shapes": input_shapes if count.input_shapes is None else count.input_shapes,
    }
    with count.opened() as opened:
        found = [
            count_plan(opened, stage, **options) for text in texts for stage in read_plan(text)
        ]
    columns = (
        Column("plan", "text"),
        Column("trainable"),
        Column("share", "share"),
        Column("gradients", "bytes"),
        Column("optimizer", "bytes"),
        *((Column("activations", "bytes"),) if batch_size is not None else ()),
        Column("memory", "bytes"),
    )
    rows = []
    for plan in found:
        memory = plan.memory
        activations = (memory.activations,) if batch_size is not None else ()
        sizes = (memory.gradients, memory.slots, *activations, memory.total)
        rows.append((plan.stage.name, plan.trainable, plan.share, *sizes))
    usual, *others = (name for name, _ in Counter(one.optimizer for one in found).most_common())
    notes = (*_notes(count, found, others), *((ROUGH,) if batch_size is not None else ()))
    return Table(f"Plans for {count.name}, {usual}", columns, tuple(rows), notes)


def _notes(count: ModelCount, plans: list[PlanCount], others: list[str]) -> tuple[str, ...]:
    """What a reader has to know beside the numbers, such as where other optimizers are used."""
    notes = list(count.notes)
    for optimizer in others:
        names = (plan.stage.name for plan in plans if plan.optimizer == optimizer)
        notes.append(f"optimizer of {', '.join(names)}: {optimizer}")
    for plan in plans:
        notes += _about_adapters(plan)
        notes += plan.memory.notes
    return tuple(dict.fromkeys(notes))


def _about_adapters(plan: PlanCount) -> Iterator[str]:
    """How many adapters a plan would add."""
    adapters = plan.stage.stage.adapters
    if adapters is None:
        return
    beside = plan.by_kind["trainable"]
    others = f", and {beside:,} of other weights train" if beside else ""
    yield (
        f"{plan.stage.name}: {adapters.method} beside {plan.adapted_layers} layers, "
        f"{plan.by_kind['adapter']:,} parameters{others}"
    )
