"""Several columns of numbers that are predicted at once, such as the edges of a box."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.source import Source
from kerastune.errors import InputError


def as_one_quantity(source: Source) -> Source:
    """Returns the source with its targets, all numbers, as one that is an array of them.

    Args:
        source: `Source` with targets of kind `quantity`.

    Returns:
        A `Source` whose target is called after all, with commas; the same if there is one.

    Raises:
        InputError: if a column comes twice, whose share of the loss would be twice.

    Example:

    >>> columns = {name: Column("quantity") for name in ("x", "y")}
    >>> source = Source({"x": np.array([1.0, 2.0]), "y": np.array([3.0, 4.0])}, columns, ("x", "y"))
    >>> as_one_quantity(source).values["x,y"].tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    if len(source.targets) < 2:
        return source
    name = ",".join(source.targets)
    parts = [np.asarray(source.values[target]) for target in source.targets]
    return replace(
        source,
        values={**{key: source.values[key] for key in source.inputs}, name: np.stack(parts, 1)},
        columns={
            **{key: source.columns[key] for key in source.inputs},
            name: Column("quantity", shape=(len(parts),)),
        },
        targets=(name,),
    )


def with_target_called(source: Source, name: str) -> Source:
    """Returns the source with its only target under another name.

    Args:
        source: `Source` with one target.
        name: str.

    Example:

    >>> with_target_called(Source.of(["a"], [0.5]), "age").targets
    ('age',)
    """
    (target,) = source.targets
    values = {name if key == target else key: value for key, value in source.values.items()}
    columns = {name if key == target else key: column for key, column in source.columns.items()}
    return replace(source, values=values, columns=columns, targets=(name,))


def named_columns(names: Sequence[str], present: Collection[str]) -> list[str]:
    """Returns the columns that are named, one a text or all in one text with commas.

    Args:
        names: sequence of str.
        present: collection of str, the columns that there are. One whose own name has commas is
            that column.

    Raises:
        InputError: if one is named twice.

    Example:

    >>> named_columns(["x, y"], ["path", "x", "y"]), named_columns(["x,y"], ["x,y"])
    (['x', 'y'], ['x,y'])
    """
    if len(names) == 1 and names[0] not in present and "," in names[0]:
        names = [name.strip() for name in names[0].split(",")]
    twice = [name for name in names if list(names).count(name) > 1]
    if twice:
        raise InputError(f"Expected each column once. Received: {twice[0]!r} twice")
    return list(names)
