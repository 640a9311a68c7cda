"""The trials of a search as tables, and in words."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kerastune.display import Column, Table, table_of
from kerastune.display.formats import format_duration
from kerastune.display.texts import format_name

if TYPE_CHECKING:
    from kerastune.searching.found import Found, Tried


def trials_table(found: "Found") -> Table:
    """Returns the trials with their settings in one column, which fits a terminal.

    Args:
        found: the `Found`.

    Example:

    >>> from pathlib import Path
    >>> from kerastune.searching.found import Found, Tried
    >>> from kerastune.searching.goal import Goal
    >>> trials = (Tried(0, "complete", 0.9, 3, 1.5, {"epochs": 3}),)
    >>> trials_table(Found(Goal("accuracy"), trials, 0, Path("studies/lenet"))).rows
    ((0, 0.9, 3, '1.5 s', 'epochs 3'),)
    """
    columns = (
        Column("trial", "count"),
        Column(format_name(found.goal.metric), "metric"),
        Column("epochs", "count"),
        Column("time", "text", align="right"),
        Column("settings, or what came of it", "text"),
    )
    rows = tuple(
        (one.number, one.value, one.epochs, format_duration(one.seconds), _told(one))
        for one in found.trials
    )
    marks = {(row, 1): "best" for row, one in enumerate(found.trials) if one.number == found.best}
    title = f"Trials, by {format_name(found.goal.metric)} on the validation samples"
    return Table(title, columns, rows, marks=marks)


def settings_of_trials(found: "Found") -> Table:
    """Returns the trials with a column for each setting, which fits a page.

    Args:
        found: the `Found`.
    """
    metric = found.goal.metric
    rows = [
        {
            "trial": one.number,
            "state": one.state,
            metric: one.value,
            "epochs trained": one.epochs,
            "seconds": one.seconds,
            **{name: _shown(value) for name, value in one.settings.items()},
            **({"remark": one.remark} if one.remark else {}),
        }
        for one in found.trials
    ]
    best = {
        (row, metric): "best" for row, one in enumerate(found.trials) if one.number == found.best
    }
    units = {"learning_rate": "rate", "seconds": "number", metric: "metric"}
    return table_of("Trials", rows, fractions="number", units=units, marks=best)


def in_words(settings: Mapping[str, Any]) -> str:
    """Returns settings in a line.

    Args:
        settings: dictionary.

    Example:

    >>> in_words({"learning_rate": 0.0123456, "plan": "full"})
    'learning_rate 0.0123, plan full'
    """
    return ", ".join(f"{name} {_shown(value)}" for name, value in settings.items())


def told(found: "Found") -> list[str]:
    """Returns what a search has found in sentences.

    Args:
        found: the `Found`.

    Returns:
        List of str: what was reached on the validation samples, by what, and the test.
    """
    done = [one for one in found.trials if one.state not in ("running", "ended")]
    count = f"{len(done)} trial{'s' * (len(done) != 1)}"
    if found.best is None:
        return [f"No trial of {len(found.trials)} could be measured.", *_failures(found)]
    reached = f"{found.goal.metric} {found.value:.4g} of trial {found.best}"
    if found.goal.value is None:
        lines = [f"{count}: the best is {reached}, on the validation samples."]
    elif found.is_reached:
        lines = [f"Reached after {count}: {reached} on the validation samples ({found.goal})."]
    else:
        lines = [
            f"Not reached after {count}: {found.goal} on the validation samples; the best is "
            f"{reached}. More trials go on from there: --trials {2 * max(len(done), 1)}"
        ]
    (best,) = (one for one in found.trials if one.number == found.best)
    lines.append(f"Settings: {in_words(best.settings)}.")
    return [*lines, *_tests(found), *_failures(found)]


def _tests(found: "Found") -> list[str]:
    """What the test samples say, and how often they were asked."""
    running = [one.number for one in found.trials if one.state == "running"]
    if found.best is None or found.best not in found.tests:
        who = f"trial {', '.join(map(str, running))} of another process ends"
        return [f"The test samples are read when {who}."] if running else []
    reached = found.tests[found.best].get(found.goal.metric)
    lines = [
        f"On the test samples, which only the best trial has read: {found.goal.metric} "
        f"{reached:.4g}."
    ]
    if len(found.tests) > 1:
        others = ", ".join(str(one) for one in found.tests if one != found.best)
        lines = [
            f"On the test samples: {found.goal.metric} {reached:.4g}. The study went on after a "
            f"test: they were read for trial {others} too."
        ]
    return lines


def _failures(found: "Found") -> list[str]:
    failed = [one for one in found.trials if one.state == "failed"]
    return [f"Trial {one.number} failed: {one.remark}" for one in failed[:3]] + (
        [f"{len(failed) - 3} more failed."] if len(failed) > 3 else []
    )


def _told(one: "Tried") -> str:
    settings = in_words(one.settings)
    if one.state == "complete":
        return settings
    remark = f" ({one.remark})" if one.remark else ""
    return f"{one.state}{remark}: {settings}"


def _shown(value: Any) -> Any:
    """A number with three digits, and anything else as it is."""
    return float(f"{value:.3g}") if isinstance(value, float) else value
