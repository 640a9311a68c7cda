"""What models compute and what training them takes, side by side."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from kerastune.counting.memory.training import PARTS, ROUGH, training_memory
from kerastune.counting.operations.count import count_operations
from kerastune.counting.weights import ModelCount
from kerastune.display import Column, Table

if TYPE_CHECKING:
    import keras

Found = TypeVar("Found")

_OPERATIONS = (
    Column("model", "text"),
    Column("MACs", "operations"),
    Column("FLOPs", "operations"),
    Column("backward MACs", "operations"),
    Column("backward FLOPs", "operations"),
    Column("largest tensor", "bytes"),
)


def compare_operations(
    counts: Sequence[ModelCount], *, batch_size: int = 1, input_shapes: Any = None
) -> Table:
    """What models compute in one pass over a batch, a row each.

    Args:
        counts: sequence of `ModelCount` of models, not of files of weights.
        batch_size: int, the samples of a batch. Defaults to 1.
        input_shapes: as for `kerastune.counting.count_operations`, for the models that bring
            none. Defaults to None.

    Returns:
        A `Table`: multiply-accumulates and floating-point operations, forward and backward.

    Raises:
        InputError: if a model's layers or inputs are not known.

    Example:

    >>> from kerastune.counting import open_model
    >>> compare_operations([open_model("mlp_8_4_2")], batch_size=2).rows[0][:2]
    ('mlp_8_4_2', 80)
    """
    found = _of_each(count_operations, counts, input_shapes, batch_size=batch_size)
    rows = tuple(
        (count.name, *operations.totals[:4], operations.largest_tensor_bytes)
        for count, operations in zip(counts, found, strict=True)
    )
    notes = (
        "A MAC is one multiplication and one addition: two FLOPs. FLOPs also count the rest.",
        *(
            f"{count.name}: not counted, because it is not known: {what}"
            for count, operations in zip(counts, found, strict=True)
            for what in operations.unknown
        ),
    )
    return Table(f"Operations of one pass, {_batch(batch_size)}", _OPERATIONS, rows, notes)


def compare_memory(
    counts: Sequence[ModelCount],
    *,
    optimizer: "str | keras.optimizers.Optimizer" = "adamw",
    precision: str | None = None,
    batch_size: int = 1,
    input_shapes: Any = None,
) -> Table:
    """The memory that training models takes, a row each.

    Args:
        counts: sequence of `ModelCount` of models, not of files of weights.
        optimizer: as for `kerastune.counting.training_memory`.
        precision: likewise.
        batch_size: likewise.
        input_shapes: as for `compare_operations`.

    Returns:
        A `Table` of the parts that take anything, in bytes.

    Raises:
        InputError: as for `kerastune.counting.training_memory`, and if only weights are known.

    Example:

    >>> from kerastune.counting import open_model
    >>> compare_memory([open_model("mlp_8_4")], optimizer="adamw").rows[0][2:5]
    (144, 144, 288)
    """
    found = _of_each(
        training_memory,
        counts,
        input_shapes,
        optimizer=optimizer,
        precision=precision,
        batch_size=batch_size,
    )
    parts = [name for name in PARTS if any(getattr(memory, name) for memory in found)]
    columns = (
        Column("model", "text"),
        Column("total", "bytes"),
        *(Column(PARTS[name], "bytes") for name in parts),
    )
    rows = tuple(
        (count.name, memory.total, *(getattr(memory, name) for name in parts))
        for count, memory in zip(counts, found, strict=True)
    )
    used = optimizer if isinstance(optimizer, str) else optimizer.name
    title = f"Memory of training, {used}, {_batch(batch_size)}"
    notes = dict.fromkeys(note for memory in found for note in memory.notes)
    title += f", {precision}" if precision else ""
    return Table(title, columns, rows, (*notes, ROUGH))


def _of_each(
    counting: Callable[..., Found], counts: Sequence[ModelCount], input_shapes: Any, **options: Any
) -> list[Found]:
    """What a function counts of each model, whose errors name the model."""
    found = []
    for count in counts:
        shapes = input_shapes if count.input_shapes is None else count.input_shapes
        with count.opened() as model:
            found.append(counting(model, input_shapes=shapes, **options))
    return found


def _batch(batch_size: int) -> str:
    return "one sample" if batch_size == 1 else f"a batch of {batch_size}"
