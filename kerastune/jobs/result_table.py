"""A result as a table."""

from typing import TYPE_CHECKING

from rich.table import Table

from kerastune.as_table import is_number, shown_number, table_of

if TYPE_CHECKING:
    from kerastune.jobs.result import Result


def result_table(result: "Result") -> Table:
    """What a model reached on the test samples, with the spread over repeats if there are any.

    Args:
        result: the `Result`.

    Returns:
        A `rich.table.Table`.

    Example:

    >>> import tempfile
    >>> from kerastune import recipes
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     result = recipes.linear_regression(epochs=1, run_dir=directory, verbose=0)
    >>> result_table(result).row_count
    3
    """
    columns = {"metric": "left", "value": "right"}
    if result.spread:
        columns |= {"mean": "right", "± deviation": "right"}
    rows = []
    for name, value in result.metrics.items():
        if is_number(value):
            spread = result.spread.get(name, {})
            shown = [spread.get(key) for key in ("mean", "standard_deviation")]
            cells = ["" if one is None else shown_number(one) for one in shown]
            row = (name.replace("_", " "), shown_number(value), *cells)
            rows.append(row[: len(columns)])
    others = [name for name, value in result.metrics.items() if not is_number(value)]
    notes = [f"In `metrics` also: {', '.join(others)}."] if others else []
    epochs = len(result.history.epochs)
    notes.append(f"{epochs} epoch{'s' * (epochs != 1)} of the plan {result.plan.name}.")
    notes.append(f"Run directory: {result.run_dir}")
    return table_of(f"{result.recipe} on the test samples", columns, rows, notes)
