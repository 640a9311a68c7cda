"""The epochs of a training as a table."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from kerastune.as_table import is_number, shown_number, table_of
from kerastune.training.epoch_lines import in_order, printed_epochs

_MOST_COLUMNS = 4


def history_table(epochs: Sequence[Mapping[str, Any]]) -> Table:
    """A row for each epoch, at most 20, and a column for what was measured, at most 4.

    What is left out is told below the table.

    Args:
        epochs: sequence of the dictionaries of `History.epochs`.

    Returns:
        A `rich.table.Table`.

    Example:

    >>> history_table([{"stage": "all", "epoch": 1, "steps": 3, "loss": 0.5}]).row_count
    1
    """
    measured = in_order(
        name
        for epoch in epochs
        for name, value in epoch.items()
        if name not in ("stage", "epoch", "steps") and is_number(value)
    )
    # What was measured in training and validation side by side, of several metrics the first.
    first = measured[: _MOST_COLUMNS // 2]
    validated = [name for name in measured if name.removeprefix("val_") in first]
    kept = list(dict.fromkeys([*validated, *measured]))[:_MOST_COLUMNS]
    shown = [epochs[number - 1] for number in sorted(printed_epochs(len(epochs)))]
    rows = [
        (
            str(epoch["stage"]),
            f"{epoch['epoch']:,}",
            *(shown_number(epoch[name]) if name in epoch else "" for name in kept),
        )
        for epoch in shown
    ]
    left_out = [name for name in measured if name not in kept]
    notes = [f"{len(shown)} of {len(epochs):,} epochs."] if len(shown) < len(epochs) else []
    notes += [f"In `epochs` also: {', '.join(left_out)}."] if left_out else []
    columns = {"stage": "left", "epoch": "right", **dict.fromkeys(kept, "right")}
    return table_of("History", columns, rows, notes)
