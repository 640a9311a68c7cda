"""A result as a table."""

from typing import TYPE_CHECKING

from kerastune.display import Table, metrics_table

if TYPE_CHECKING:
    from kerastune.jobs.result import Result


def result_table(result: "Result") -> Table:
    """What a model reached on the test samples, with the spread over repeats if there are any.

    Args:
        result: the `Result`.

    Returns:
        A `Table`.

    Example:

    >>> import tempfile
    >>> from kerastune import recipes
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     result = recipes.linear_regression(epochs=1, run_dir=directory, verbose=0)
    >>> len(result_table(result).rows)
    3
    """
    columns = {"value": result.metrics}
    for heading, key in {"mean": "mean", "± deviation": "standard_deviation"}.items():
        if result.spread:
            columns[heading] = {name: one[key] for name, one in result.spread.items()}
    numbers = [name for name, value in result.metrics.items() if isinstance(value, int | float)]
    others = [name for name in result.metrics if name not in numbers]
    epochs = len(result.history.epochs)
    notes = (
        *([f"In `metrics` also: {', '.join(others)}."] if others else []),
        f"{epochs} epoch{'s' * (epochs != 1)} of the plan {result.plan.name}.",
        f"Run directory: {result.run_dir}",
    )
    title = f"{result.recipe} on the test samples"
    return metrics_table(title, columns, dict.fromkeys(numbers), notes=notes)
