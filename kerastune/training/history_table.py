"""The epochs of a training as a table."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from kerastune.display import Column, Table
from kerastune.training.epoch_lines import in_order, printed_epochs

_MOST_COLUMNS = 4


def history_table(epochs: Sequence[Mapping[str, Any]]) -> Table:
    """A row for each epoch, at most 20, and a column for what was measured, at most 4.

    What is left out is told below the table.

    Args:
        epochs: sequence of the dictionaries of `History.epochs`.

    Returns:
        A `Table`.

    Example:

    >>> history_table([{"stage": "all", "epoch": 1, "steps": 3, "loss": 0.5}]).rows
    (('all', 1, 0.5),)
    """
    numbers = [
        {name: value for name, value in epoch.items() if isinstance(value, int | float)}
        for epoch in epochs
    ]
    measured = [name for name in in_order(chain(*numbers)) if name not in ("epoch", "steps")]
    # What was measured in training and validation side by side, of several metrics the first.
    first = measured[: _MOST_COLUMNS // 2]
    validated = [name for name in measured if name.removeprefix("val_") in first]
    kept = list(dict.fromkeys([*validated, *measured]))[:_MOST_COLUMNS]
    chosen = [epochs[number - 1] for number in sorted(printed_epochs(len(epochs)))]
    rows = [tuple(epoch.get(name) for name in ("stage", "epoch", *kept)) for epoch in chosen]
    left_out = [name for name in measured if name not in kept]
    notes = [f"{len(chosen)} of {len(epochs):,} epochs."] if len(chosen) < len(epochs) else []
    notes += [f"In `epochs` also: {', '.join(left_out)}."] if left_out else []
    columns = (Column("stage", "text"), Column("epoch"), *(Column(name, "metric") for name in kept))
    return Table("History", columns, tuple(rows), tuple(notes))
