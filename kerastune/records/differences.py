"""Differences between two runs: settings and results."""

from dataclasses import dataclass
from typing import Any

from kerastune.nested import flat
from kerastune.records.record import RunRecord

# Where a run was written and begun is no setting.
_NO_SETTINGS = ("run_dir", "working_directory")


@dataclass(frozen=True)
class Difference:
    """A setting or a result of two runs.

    Args:
        name: str, what it is, such as `epochs` or `versions.keras`.
        first: the value of the first run; None where it has none.
        second: the value of the second.

    Example:

    >>> Difference("epochs", 3, 5).second
    5
    """

    name: str
    first: Any
    second: Any


def differences(first: RunRecord, second: RunRecord) -> list[Difference]:
    """Returns the settings in which two runs differ: arguments, plan, versions, devices.

    Args:
        first: a `RunRecord`.
        second: another.

    Returns:
        List of `Difference`; what one run does not have is None.

    Raises:
        InputError: if a file of a run cannot be read.

    Example:

    >>> from datetime import datetime
    >>> from pathlib import Path
    >>> now = datetime(2026, 1, 1)
    >>> runs = [RunRecord(Path("no"), name, "finished", now, 1) for name in ("lenet", "own")]
    >>> differences(*runs)
    [Difference(name='recipe', first='lenet', second='own')]
    """
    sides = _settings(first), _settings(second)
    names = dict.fromkeys([*sides[0], *sides[1]])
    found = [Difference(name, sides[0].get(name), sides[1].get(name)) for name in names]
    return [one for one in found if one.first != one.second]


def results_beside(first: RunRecord, second: RunRecord) -> list[Difference]:
    """Returns the metrics of two runs on their test samples.

    Args:
        first: a `RunRecord`.
        second: another.

    Returns:
        List of `Difference`, one a metric of either run, equal values included.

    Example:

    >>> from datetime import datetime
    >>> from pathlib import Path
    >>> run = RunRecord(Path("a"), "lenet", "finished", datetime(2026, 1, 1), 1)
    >>> results_beside(run, run)
    []
    """
    names = dict.fromkeys([*first.metrics, *second.metrics])
    return [Difference(name, first.metrics.get(name), second.metrics.get(name)) for name in names]


def _settings(record: RunRecord) -> dict[str, Any]:
    stages = {f"stage {number}": stage for number, stage in enumerate(record.stages(), start=1)}
    found = {
        "recipe": record.recipe,
        **flat(record.configuration()),
        **flat(stages),
        **flat({"samples": record.samples()}),
        **flat(record.environment()),
    }
    return {name: value for name, value in found.items() if name not in _NO_SETTINGS}
