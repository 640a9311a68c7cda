"""Metrics beside those of others, such as baselines, as a table."""

import math
from collections.abc import Collection, Mapping
from typing import Any

from kerastune.display.as_table import Table
from kerastune.display.table import Column, distinct
from kerastune.display.texts import format_name


def metrics_table(
    title: str,
    columns: Mapping[str, Mapping[str, Any]],
    higher_is_better: Mapping[str, bool | None],
    *,
    compared: Collection[str] | None = None,
    notes: tuple[str, ...] = (),
) -> Table:
    """Returns one row a metric, a column for each model or baseline; the best value is marked.

    Args:
        title: str.
        columns: dictionary from the heading of a column to a dictionary from the names of
            metrics to their values. What is no number is left blank.
        higher_is_better: dictionary from the name of each metric that has a row to a bool, or
            None where neither end is better.
        compared: collection of the headings whose values are compared. Defaults to all.
        notes: tuple of str. Defaults to none.

    Returns:
        A `Table`.

    Example:

    >>> columns = {"this model": {"error": 0.25}, "mean": {"error": 0.5}}
    >>> print(metrics_table("Results", columns, {"error": False}))
    Results
    metric   this model    mean
    ───────────────────────────
    error ↓    * 0.2500  0.5000
    ↓ lower is better; * is the best.
    """
    rows = []
    marks: dict[tuple[int, int], str] = {}
    for index, (name, higher) in enumerate(higher_is_better.items()):
        values = [_number(numbers.get(name)) for numbers in columns.values()]
        rows.append((format_name(name, higher), *values))
        known = {
            at: value
            for at, (heading, value) in enumerate(zip(columns, values, strict=True), start=1)
            if value is not None and math.isfinite(value) and heading in (compared or columns)
        }
        if higher is not None and len(set(known.values())) > 1:
            best = max(known.values()) if higher else min(known.values())
            marks |= {(index, at): "best" for at, value in known.items() if value == best}
    directions = [
        told
        for direction, told in ((True, "↑ higher is better"), (False, "↓ lower is better"))
        if direction in higher_is_better.values()
    ]
    told = ", ".join(directions) + ("; * is the best." if marks else ".")
    first, *others = distinct(["metric", *columns])
    headings = (Column(first, "text"), *(Column(name, "metric") for name in others))
    return Table(
        title, headings, tuple(rows), (*([told] if directions else []), *notes), None, marks
    )


def spread_table(
    title: str,
    spread: Mapping[str, Mapping[str, Any]],
    baselines: Mapping[str, Mapping[str, Any]],
    higher_is_better: Mapping[str, bool | None],
) -> Table:
    """Returns one row a metric: what several runs reach, and the means of baselines beside it.

    Args:
        title: str.
        spread: dictionary from the name of a metric to a dictionary of `mean`,
            `standard_deviation`, `lowest` and `highest`.
        baselines: dictionary from the name of a baseline to its metrics by name.
        higher_is_better: dictionary from the name of a metric to a bool or None.

    Returns:
        A `Table`.
    """
    keys = {key: key for key in ("mean", "standard_deviation", "lowest", "highest")}
    keys["standard_deviation"] = "± deviation"
    columns: dict[str, Mapping[str, Any]] = {
        heading: {name: numbers.get(key) for name, numbers in spread.items()}
        for key, heading in keys.items()
    }
    directions = {name: higher_is_better.get(name) for name in spread}
    compared = ("mean", *baselines)
    return metrics_table(title, {**columns, **baselines}, directions, compared=compared)


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
