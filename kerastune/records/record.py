"""One run, from the small files in its directory."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from kerastune.errors import InputError, reason
from kerastune.jobs.run_directories import MARKER

# How a run says that it goes on, or that its process was killed: nobody can tell which.
_STATES = {"running": "unfinished"}


@dataclass(frozen=True)
class RunRecord:
    """One run, as its files tell of it.

    Args:
        directory: Path of the run.
        recipe: str, the recipe's name.
        state: str, `"finished"`, `"interrupted"` by Ctrl-C, `"stopped"` by an error, or
            `"unfinished"`: it is still going on, or was killed.
        started: datetime, with its time zone.
        seconds: float, how long the run took, so far if it is not finished, or None where
            that is not known.
        backend: str, or None.
        plan: str, the name of the plan, or None.
        metrics: dictionary from a metric's name to its value; empty before it is measured.
        baselines: dictionary from a baseline's name to such a dictionary.
        higher_is_better: dictionary from a metric's name to a bool or None.
        notes: list of str, what the samples were, and what cleaning did to them.
        verdict: list of str, what the numbers say, and what to try next.

    Example:

    >>> record = RunRecord(Path("runs/a"), "lenet", "finished", datetime(2026, 1, 1), 3.5)
    >>> record.name, record.first_metric
    ('a', None)
    """

    directory: Path
    recipe: str
    state: str
    started: datetime
    seconds: float | None
    backend: str | None = None
    plan: str | None = None
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    baselines: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    higher_is_better: Mapping[str, bool | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    verdict: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the directory, str."""
        return self.directory.name

    @property
    def first_metric(self) -> str | None:
        """The name of the metric that the recipe puts first, or None before it is measured."""
        return next(iter(self.metrics), None)

    def best_baseline(self, metric: str) -> tuple[str, float] | None:
        """The baseline that is hardest to beat.

        Args:
            metric: str, the name of a metric.

        Returns:
            Its name and its value, or None where no baseline has the metric.
        """
        values = [
            (name, value)
            for name, numbers in self.baselines.items()
            if (value := numbers.get(metric)) is not None
        ]
        best = min if self.higher_is_better.get(metric) is False else max
        return best(values, key=lambda named: named[1], default=None)

    def configuration(self) -> dict[str, Any]:
        """The arguments of the run.

        Returns:
            Dictionary, empty where they are not there.
        """
        return _yaml(self.directory / "config.yaml")

    def environment(self) -> dict[str, Any]:
        """Backend, devices, versions and platform.

        Returns:
            Dictionary, empty where they are not there.
        """
        return _json(self.directory / "environment.json", {})

    def samples(self) -> dict[str, Any]:
        """What the samples were.

        Returns:
            Dictionary from the name of a part of the data to a dictionary of `name`, `samples`
            and `fingerprint`; empty where that is not there.
        """
        return _json(self.directory / "samples.json", {})

    def history(self) -> dict[str, Any]:
        """What was measured in training, as `History.to_dict` gives it.

        Returns:
            Dictionary of `step_loss`, `epochs` and `stages`, each a list.
        """
        found = _json(self.directory / "history.json", {})
        return {name: found.get(name) or [] for name in ("step_loss", "epochs", "stages")}

    def stages(self) -> list[dict[str, Any]]:
        """The plan, a dictionary a stage.

        Returns:
            List of dictionaries.
        """
        return _yaml(self.directory / "plan.yaml").get("stages") or []

    def plan_rows(self) -> list[dict[str, Any]]:
        """The plan as it met the model, a dictionary for each stage and layer group.

        Returns:
            List of dictionaries.
        """
        return _json(self.directory / "plan_table.json", [])


def read_record(directory: str | Path) -> RunRecord:
    """Reads what a run directory tells of its run.

    Args:
        directory: str or Path.

    Returns:
        A `RunRecord`.

    Raises:
        InputError: if it is no run directory, or a file of it cannot be read.

    Example:

    >>> read_record("no/such/run")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected the directory of a run. Received: 'no/such/run', ...
    """
    directory = Path(directory)
    marker = directory / MARKER
    if not marker.is_file():
        what = f"which holds no {MARKER}" if directory.is_dir() else "which is no directory"
        raise InputError(f"Expected the directory of a run. Received: '{directory}', {what}")
    manifest = _json(marker, {})
    measured = _json(directory / "metrics.json", {})
    try:
        status = str(manifest["status"])
        started, seconds = _times(manifest, directory, finished=status == "finished")
        return RunRecord(
            directory,
            str(manifest["recipe"]),
            _STATES.get(status, status),
            started,
            seconds,
            _json(directory / "environment.json", {}).get("backend"),
            _plan_name(directory),
            _numbers(measured.get("metrics", {})),
            {name: _numbers(one) for name, one in measured.get("baselines", {}).items()},
            dict(measured.get("higher_is_better", {})),
            tuple(map(str, measured.get("notes", ()))),
            tuple(map(str, measured.get("verdict", ()))),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"Expected the directory of a run. Received: '{directory}', whose files hold something "
            f"else: {reason(error)}"
        ) from error


def _times(
    manifest: Mapping[str, Any], directory: Path, *, finished: bool
) -> tuple[datetime, float | None]:
    """When a run started, and how long it took."""
    if "started" in manifest:
        return datetime.fromisoformat(manifest["started"]).astimezone(), manifest["seconds"]
    # Before runs wrote this, the ages of what they write first and last tell.
    end = (directory / MARKER).stat().st_mtime
    first = directory / "config.yaml"
    start = first.stat().st_mtime if first.is_file() else end
    return datetime.fromtimestamp(start).astimezone(), max(end - start, 0) if finished else None


def _plan_name(directory: Path) -> str | None:
    """The name of a run's plan, without reading the plan."""
    for file, key in (("plan.yaml", "name"), ("config.yaml", "plan")):
        for line in _text(directory / file).splitlines():
            if line.startswith(f"{key}:"):
                found = _parsed_yaml(line, directory / file).get(key)
                return found if isinstance(found, str) else None
    return None


def _numbers(found: Mapping[str, Any]) -> dict[str, float | None]:
    """The numbers among what was measured."""
    return {
        str(name): value
        for name, value in found.items()
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    }


def _json(file: Path, otherwise: Any) -> Any:
    """What a file of JSON holds, or something else where there is no file."""
    return _read(file, json.loads, otherwise)


def _yaml(file: Path) -> dict[str, Any]:
    """The dictionary in a file of YAML; an empty one where there is no file."""
    return _parsed_yaml(_text(file), file)


def _parsed_yaml(text: str, file: Path) -> dict[str, Any]:
    """The dictionary that a text of YAML holds."""
    import yaml

    try:
        # The loader in C takes a tenth of the time.
        found = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise _unreadable(file, error) from error
    return found if isinstance(found, dict) else {}


def _text(file: Path) -> str:
    """What a file holds, or nothing where there is none."""
    return _read(file, str, "")


def _read(file: Path, parse: Callable[[str], Any], otherwise: Any) -> Any:
    """What a file holds, of the type that is expected of it."""
    try:
        found = parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return otherwise
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from error
    if not isinstance(found, type(otherwise)):
        raise _unreadable(file, TypeError(f"it holds a {type(found).__name__}"))
    return found


def _unreadable(file: Path, error: Exception) -> InputError:
    """The error for a file of a run that cannot be read."""
    return InputError(
        f"Expected the directory of a run. Received: '{file.parent}', whose {file.name} cannot be "
        f"read: {reason(error)}"
    )
