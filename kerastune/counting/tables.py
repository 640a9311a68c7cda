"""The parameters of models side by side, and where they are in one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from kerastune.counting.structure import variable_uses
from kerastune.counting.weights import KINDS, SEED, ModelCount, Weight
from kerastune.display import Column, Table
from kerastune.errors import InputError, closest
from kerastune.tuning.groups.grouping import layer_groups

BY = ("weight", "layer", "group", "depth")

_COLUMNS = (
    Column("parameters", "count"),
    Column("trainable", "count"),
    Column("frozen", "count"),
    Column("state", "count"),
    Column("share", "share"),
    Column("size", "bytes"),
)


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

    >>> from kerastune.counting import open_model
    >>> compare_models([open_model("mlp_2_3")]).rows[0][:3]
    ('mlp_2_3', 9, 9)
    """
    if not counts:
        raise InputError("Expected at least one model to count. Received: none")
    shown = [kind for kind in KINDS[1:] if any(count.by_kind()[kind] for count in counts)]
    columns = (
        Column("model", "text"),
        Column("parameters", "count"),
        Column("trainable", "count"),
        *(Column("of which adapters" if kind == "adapter" else kind, "count") for kind in shown),
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


def parts(count: ModelCount, by: str = "layer", depth: int = 1) -> list[ModelCount]:
    """The rows of a table of a model, from input to output, as for `breakdown`.

    Seeds are in none.
    """
    if by not in BY:
        raise InputError(f"Expected `by` out of {BY}. Received: {by!r}.{closest(by, [*BY])}")
    if depth < 1:
        raise InputError(f"Expected a depth of at least 1. Received: depth={depth}")
    name_of = _names(count, by, depth)
    members: dict[str, list[Weight]] = {}
    for weight in count.weights:
        if weight.kind != SEED:
            members.setdefault(name_of(weight), []).append(weight)
    return [ModelCount(name, tuple(weights)) for name, weights in members.items()]


def breakdown(count: ModelCount, by: str = "layer", depth: int = 1) -> Table:
    """Where the parameters of a model are.

    Args:
        count: the `ModelCount`.
        by: str, `"weight"`; `"layer"`, the innermost layers, with nested models opened;
            `"group"`, as `kerastune.layer_groups` finds them; or `"depth"`, with nested
            models and composite layers closed below the depth. Defaults to `"layer"`.
        depth: int, how many layers down to open, for `"depth"`. Defaults to 1.

    Returns:
        A `Table` with a row for each part and the totals below.

    Raises:
        InputError: if there is no such way to split, or the groups of a file are asked for,
            which does not say how its layers are connected.

    Example:

    >>> from kerastune.counting import open_model
    >>> breakdown(open_model("mlp_2_3")).total[:2]
    ('total', 9)
    """
    found = parts(count, by, depth)
    rows = [(*_numbers(part, count.parameters), _partners(part)) for part in found]
    total = (*_numbers(replace(count, name="total"), count.parameters), "")
    columns = [Column(by if by != "depth" else "part", "text"), *_COLUMNS]
    if any(row[-1] for row in rows):
        columns.append(Column("shared with", "text"))
    width = len(columns)
    return Table(
        f"{count.name} by {by}",
        tuple(columns),
        tuple(row[:width] for row in rows),
        count.notes,
        total=total[:width],
    )


def _numbers(part: ModelCount, whole: int) -> tuple[Any, ...]:
    """The name of a part and its numbers, as far as they are known."""
    kinds = part.by_kind()
    by_kind = (part.trainable, kinds["frozen"], kinds["state"])
    share = part.parameters / whole if whole else 0.0
    known = (None,) * len(by_kind) if kinds["unknown"] else by_kind
    return (part.name, part.parameters, *known, share, part.stored_bytes)


def _partners(part: ModelCount) -> str:
    """The layers that hold some of the same weights."""
    partners = [path.rpartition("/")[0] for weight in part.weights for path in weight.shared_with]
    return ", ".join(dict.fromkeys(partners))


def _names(count: ModelCount, by: str, depth: int) -> Callable[[Weight], str]:
    """The function that names the part of a weight."""
    if by == "weight":
        return lambda weight: weight.path
    if by == "layer":
        return lambda weight: weight.path.rpartition("/")[0] or weight.path
    if by == "depth":
        return lambda weight: "/".join(weight.path.split("/")[:-1][:depth]) or weight.path
    if count.model is None:
        raise InputError(
            f"Expected a model for layer groups. Received: {count.name!r}, a file of weights. "
            "Use by='layer' or by='depth'"
        )
    groups = {
        id(variable): name
        for name, variables in layer_groups(count.model).items()
        for variable in variables
    }
    found = {use.path: groups.get(id(use.variable), "") for use in variable_uses(count.model)}
    return lambda weight: found[weight.path]
