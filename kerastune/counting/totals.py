"""The totals of models, side by side."""

from collections.abc import Sequence

from kerastune.counting.weights import KINDS, ModelCount
from kerastune.display import Column, Table
from kerastune.errors import InputError

_HEADINGS = {"adapter": "of which adapters"}


def compare_models(counts: Sequence[ModelCount], notes: Sequence[str] = ()) -> Table:
    """The totals of models, a row each.

    Args:
        counts: sequence of `ModelCount`.
        notes: sequence of str, what else to say under the table. Defaults to none.

    Returns:
        A `Table`: parameters by kind, the share that trains, the size as stored. Kinds that
        no model has are left out.

    Raises:
        InputError: if there are none.

    Example:

    >>> import keras
    >>> from kerastune.counting import count_model
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)], name="small")
    >>> compare_models([count_model(model)]).rows[0][:3]
    ('small', 9, 9)
    """
    if not counts:
        raise InputError("Expected at least one model to count. Received: none")
    shown = [kind for kind in KINDS[1:] if any(count.by_kind()[kind] for count in counts)]
    columns = (
        Column("model", "text"),
        Column("parameters", "count"),
        Column("trainable", "count"),
        *(Column(_HEADINGS.get(kind, kind), "count") for kind in shown),
        Column("trainable share", "share"),
        Column("size", "bytes"),
    )
    rows = tuple(
        (
            count.name,
            count.parameters,
            None if count.by_kind()["unknown"] else count.trainable,
            *(count.by_kind()[kind] for kind in shown),
            _trainable_share(count),
            count.stored_bytes,
        )
        for count in counts
    )
    of_models = [f"{count.name}: {note}" for count in counts for note in count.notes]
    return Table("Parameters", columns, rows, (*of_models, *notes))


def _trainable_share(count: ModelCount) -> float | None:
    """The share that trains, where it is known what does."""
    if count.by_kind()["unknown"] or not count.parameters:
        return None
    return count.trainable / count.parameters
