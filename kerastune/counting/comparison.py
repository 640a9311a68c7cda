"""Models side by side: their totals, and what differs between two of them."""

from collections.abc import Sequence
from dataclasses import replace

from kerastune.counting.breakdown import Part, parts
from kerastune.counting.structure import places
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


def difference(first: ModelCount, second: ModelCount, by: str = "layer", depth: int = 1) -> Table:
    """What differs between two models, with rows aligned by path.

    Names that Keras made up (`dense_7`) are numbered from the beginning, so that copies of one
    model line up.

    Args:
        first: the `ModelCount` to start from.
        second: the `ModelCount` to compare with it.
        by: str, as for `kerastune.counting.breakdown`. Defaults to `"layer"`.
        depth: int, as for `kerastune.counting.breakdown`. Defaults to 1.

    Returns:
        A `Table` with a row for each part of either model, the first model's order kept, and
        the totals below. A path in only one of them says so; so does one whose weights have
        other shapes, dtypes or kinds.

    Raises:
        InputError: as for `kerastune.counting.breakdown`.

    Example:

    >>> import keras
    >>> from kerastune.counting import count_model
    >>> def small(units):
    ...     layers = [keras.Input((2,)), keras.layers.Dense(units, name="a")]
    ...     return count_model(keras.Sequential(layers), f"{units} units")
    >>> difference(small(3), small(4)).rows
    (('a', 9, 12, 3, 0.333..., 'shape changed'),)
    """
    aligned = [count if by == "group" else _aligned(count) for count in (first, second)]
    before, after = ({part.name: part for part in parts(count, by, depth)} for count in aligned)
    rows = tuple(_row(name, before, after) for name in _merged(list(before), list(after)))
    columns = (
        Column(by if by != "depth" else "part", "text"),
        Column(f"A: {first.name}", "count"),
        Column(f"B: {second.name}", "count"),
        Column("difference", "count", signed=True),
        Column("change", "share", signed=True),
        Column("what", "text"),
    )
    total = ("total", *_change(first.parameters, second.parameters), "")
    notes = tuple(f"{count.name}: {note}" for count in (first, second) for note in count.notes)
    if all(row[3] == 0 and not row[-1] for row in rows):
        notes = ("No difference.", *notes)
    return Table(f"{first.name} and {second.name} by {by}", columns, rows, notes, total=total)


def _aligned(count: ModelCount) -> ModelCount:
    """The count with paths in which names that Keras made up are numbered from the beginning."""
    if count.model is None:
        return count
    renamed = {place.path: place.aligned for place in places(count.model)}
    weights = [
        replace(weight, path=renamed[weight.path], shared_with=()) for weight in count.weights
    ]
    return replace(count, weights=tuple(weights))


def _merged(first: list[str], second: list[str]) -> list[str]:
    """All names, those of the second list put after what they follow there."""
    merged = list(first)
    place = 0
    known = set(first)
    for name in second:
        if name in known:
            place = max(place, merged.index(name) + 1)
        else:
            merged.insert(place, name)
            place += 1
    return merged


def _row(name: str, before: dict[str, Part], after: dict[str, Part]) -> tuple:
    """One path in both models."""
    a, b = before.get(name), after.get(name)
    sizes = (None if part is None else part.parameters for part in (a, b))
    return (name, *_change(*sizes), _what(a, b))


def _change(a: int | None, b: int | None) -> tuple[int | None, int | None, int, float | None]:
    """Two numbers, their difference, and what share of the first it is."""
    change = (b or 0) - (a or 0)
    return a, b, change, change / a if a else None


def _what(a: Part | None, b: Part | None) -> str:
    """What happened to a part."""
    if a is None or b is None:
        return "only in B" if a is None else "only in A"
    known = "unknown" not in _values(a, "kind") + _values(b, "kind")
    words = ("shape", "dtype", "kind") if known else ("shape", "dtype")
    changes = [word for word in words if _values(a, word) != _values(b, word)]
    return f"{', '.join(changes)} changed" if changes else ""


def _values(part: Part, field: str) -> list:
    """One property of each weight, in order."""
    return [getattr(weight, field) for weight in part.weights]
