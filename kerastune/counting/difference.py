"""What differs between two models."""

from dataclasses import replace

from kerastune.counting.structure import variable_uses
from kerastune.counting.tables import parts
from kerastune.counting.weights import ModelCount
from kerastune.display import Column, Table


def difference(first: ModelCount, second: ModelCount, by: str = "layer", depth: int = 1) -> Table:
    """What differs between two models, with rows aligned by path.

    Names that Keras made up (`dense_7`) are numbered from the beginning, so that copies of one
    model line up.

    Args:
        first: the `ModelCount` to start from.
        second: the `ModelCount` to compare with it.
        by: as for `kerastune.counting.breakdown`. Defaults to `"layer"`.
        depth: likewise. Defaults to 1.

    Returns:
        A `Table` with a row for each part of either model, the first model's order kept, and
        the totals below. A path in only one of them says so; so does one whose weights have
        other shapes, dtypes or kinds.

    Raises:
        InputError: as for `kerastune.counting.breakdown`.

    Example:

    >>> from kerastune.counting import open_model
    >>> difference(open_model("mlp_2_3"), open_model("mlp_2_4")).rows
    (('dense', 9, 12, 3, 0.333..., 'shape changed'),)
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
    renamed = {use.path: use.aligned for use in variable_uses(count.model)}
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


def _row(name: str, before: dict[str, ModelCount], after: dict[str, ModelCount]) -> tuple:
    a, b = before.get(name), after.get(name)
    sizes = (None if part is None else part.parameters for part in (a, b))
    return (name, *_change(*sizes), _what(a, b))


def _change(a: int | None, b: int | None) -> tuple[int | None, int | None, int, float | None]:
    """Two numbers, their difference, and what share of the first it is."""
    change = (b or 0) - (a or 0)
    return a, b, change, change / a if a else None


def _what(a: ModelCount | None, b: ModelCount | None) -> str:
    if a is None or b is None:
        return "only in B" if a is None else "only in A"
    known = "unknown" not in _values(a, "kind") + _values(b, "kind")
    words = ("shape", "dtype", "kind") if known else ("shape", "dtype")
    changes = [word for word in words if _values(a, word) != _values(b, word)]
    return f"{', '.join(changes)} changed" if changes else ""


def _values(part: ModelCount, field: str) -> list:
    return [getattr(weight, field) for weight in part.weights]
