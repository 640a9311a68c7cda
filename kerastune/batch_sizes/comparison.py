"""The largest batches of a model by plan, precision and optimizer, side by side."""

from collections.abc import Sequence
from typing import Any

from kerastune import backends

backends.select()

import keras

from kerastune.backends.device_memory import free_device_memory
from kerastune.batch_sizes.largest import BatchMemory, largest_batch_size, rounded_batch_size
from kerastune.batch_sizes.memory_sizes import memory_size
from kerastune.counting.memory.training import ROUGH, Memory
from kerastune.counting.operations.inputs import known_inputs
from kerastune.counting.plans.plan_count import PlanCount, count_plan
from kerastune.counting.plans.plan_text import PlanStage, read_plan, split_plans
from kerastune.counting.weights import ModelCount, count_model
from kerastune.display import Column, Table
from kerastune.display.formats import format_bytes
from kerastune.errors import InputError
from kerastune.tuning import NoMatchError, match

PLANS = ("full", "head_only")
PRECISIONS = ("float32", "mixed_bfloat16")
OPTIMIZERS = ("adamw", "sgd")

_COLUMNS = (
    Column("plan", "text"),
    Column("precision", "text"),
    Column("optimizer", "text"),
    Column("weights", "bytes"),
    Column("gradients", "bytes"),
    Column("optimizer state", "bytes"),
    Column("a sample", "bytes"),
    Column("largest batch"),
    Column("rounded"),
    Column("missing", "bytes"),
)


def compare_batch_sizes(
    model: keras.Model | ModelCount,
    memory: int | str,
    *,
    plans: str | Sequence[str] | None = None,
    precision: str | Sequence[str] | None = None,
    optimizer: str | Sequence[str] | None = None,
    input_shapes: Any = None,
) -> Table:
    """The largest batches with which a model can be trained in an amount of memory, a row a way.

    They follow from the memory model of `kerastune.counting.training_memory`, which is rough in
    what grows with a batch. Nothing is computed, and the model is the same afterwards.

    Args:
        model: a built Keras model, or a `ModelCount` of one.
        memory: int, bytes; or str, as `memory_size` reads it, or `"auto"` for what is free where
            the backend computes.
        plans: as for `kerastune.counting.compare_plans`. Defaults to `"full"` and, for a model with
            a head of its own, `"head_only"`.
        precision: str out of `kerastune.backends.PRECISIONS`; or several, in a sequence or in one
            text with commas between them. Defaults to `"float32"` and `"mixed_bfloat16"`.
        optimizer: str, for every plan, or several. Defaults to what the plans themselves say, or
            without plans to `"adamw"` and `"sgd"`.
        input_shapes: as for `kerastune.counting.training_memory`.

    Returns:
        A `Table`: what does not depend on the batch, what one more sample takes, and the largest
        batch, which is 0 where not even one sample fits; then `missing` has the bytes that lack.
        The next lower multiple of 8, or below 8 power of two, is beside it.

    Raises:
        NoMatchError: if a pattern matches nothing.
        InputError: as for `kerastune.counting.compare_plans` and `training_memory`.

    Example:

    >>> from kerastune.counting import open_model
    >>> model = open_model("mlp_8_4_2")
    >>> table = compare_batch_sizes(model, 64_000, plans="full", optimizer="adamw")
    >>> [(row["precision"], row["largest batch"]) for row in table.to_dict()["rows"]]
    [('float32', 564), ('mixed_bfloat16', 717)]
    """
    count = model if isinstance(model, ModelCount) else count_model(model)
    shapes = input_shapes if count.input_shapes is None else count.input_shapes
    limit = _bytes(memory)
    wanted = _names(optimizer) or ((None,) if plans else OPTIMIZERS)
    rows: list[tuple[Any, ...]] = []
    notes = dict.fromkeys(count.notes)
    with count.opened() as opened:
        size = _fixed_batch_size(opened)
        asked = _usual_plans(opened) if plans is None else plans
        asked = split_plans(asked) if isinstance(asked, str) else asked
        for stage in (stage for text in asked for stage in read_plan(text)):
            for name in _names(precision) or PRECISIONS:
                options: dict[str, Any] = {"precision": name, "input_shapes": shapes}
                first = count_plan(opened, stage, batch_size=size or 1, **options).memory
                growth = _growth(opened, stage, first, size, options)
                notes |= dict.fromkeys(first.notes)
                for used in wanted:
                    fixed = count_plan(opened, stage, optimizer=used, **options)
                    rows.append((*_parts(fixed, name), *_largest(fixed, growth, limit, size)))
    if size:
        notes[f"The model is built for batches of {size} and no others."] = None
    is_missing = any(row[-1] for row in rows)
    if is_missing:
        notes["Where the largest batch is 0, `missing` is what the smallest lacks."] = None
    columns = _COLUMNS if is_missing else _COLUMNS[:-1]
    title = f"Largest batches of {count.name} in {format_bytes(limit)}"
    return Table(title, columns, tuple(row[: len(columns)] for row in rows), (*notes, ROUGH))


def _usual_plans(model: keras.Model) -> Sequence[str]:
    """Returns those of `PLANS` that train something: language models have no head of their own."""
    try:
        match(model, "head")
    except NoMatchError:
        return PLANS[:1]
    return PLANS


def _bytes(memory: int | str) -> int:
    if memory == "auto":
        return free_device_memory()[0]
    return memory_size(memory) if isinstance(memory, str) else memory


def _names(given: str | Sequence[str] | None) -> Sequence[str]:
    """The names in a sequence, or in a text with commas between them."""
    names = [name.strip() for name in given.split(",")] if isinstance(given, str) else given or ()
    if "" in names:
        raise InputError(f"Expected names with commas between them. Received: {given!r}")
    return names


def _growth(
    model: keras.Model,
    stage: PlanStage,
    first: Memory,
    size: int | None,
    options: dict[str, Any],
) -> BatchMemory | None:
    """What grows with a batch, or None where it is not known; a note of `first` says why.

    `first` is the memory of one sample, or of the batch of a `size` that the model is fixed to.
    """
    if first.activations is None:
        return None

    def passing(samples: int) -> int:
        is_first = samples == 1
        memory = (
            first if is_first else count_plan(model, stage, batch_size=samples, **options).memory
        )
        return (memory.activations or 0) + (memory.working or 0)

    return BatchMemory(passing(1), passing(1) / size) if size else BatchMemory.of(passing)


def _parts(counted: PlanCount, precision: str) -> tuple[Any, ...]:
    """How a case trains, and what of its memory does not depend on the batch."""
    fixed = counted.memory
    return (
        counted.stage.name,
        precision,
        counted.optimizer,
        fixed.weights + fixed.compute_copies,
        fixed.gradients,
        fixed.slots + fixed.averages + fixed.accumulators,
    )


def _largest(
    counted: PlanCount, growth: BatchMemory | None, memory: int, size: int | None
) -> tuple[int | None, ...]:
    """What a sample takes, the largest batch as it is and rounded, and what lacks for the least."""
    if growth is None:
        return (None, None, None, None)
    left = memory - counted.memory.total
    largest = largest_batch_size(growth, left)
    if size:
        largest = size if largest else 0
    if largest is None:
        return (0, None, None, None)
    rounded = largest if size else rounded_batch_size(largest)
    return (round(growth.slope), largest, rounded, None if largest else growth.one - left)


def _fixed_batch_size(model: keras.Model) -> int | None:
    """The batch size that a model was built for, or None for any."""
    sizes = [x.shape[0] for x in keras.tree.flatten(known_inputs(model)) if x is not None]
    return next(filter(None, sizes), None)
