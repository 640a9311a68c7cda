"""From a run directory to its record."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from kerastune.errors import InputError, reason
from kerastune.jobs.run_directories import MARKER
from kerastune.records.record import RunRecord
from kerastune.records.run_files import first_run_file, parsed_yaml, read_json, read_text

# How a run says that it goes on, or that its process was killed: nobody can tell which.
_STATES = {"running": "unfinished"}


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
    manifest = read_json(marker, {})
    measured = read_json(directory / "metrics.json", {})
    try:
        status = str(manifest["status"])
        started, seconds = _times(manifest, directory, finished=status == "finished")
        return RunRecord(
            directory,
            str(manifest["recipe"]),
            _STATES.get(status, status),
            started,
            seconds,
            read_json(directory / "environment.json", {}).get("backend"),
            _plan_name(directory),
            _numbers(measured.get("metrics", {})),
            {name: _numbers(one) for name, one in measured.get("baselines", {}).items()},
            dict(measured.get("higher_is_better", {})),
            tuple(map(str, measured.get("notes", ()))),
            {name: _numbers(one) for name, one in measured.get("spread", {}).items()},
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
    """Returns the start and the duration of a run."""
    if "started" in manifest:
        return datetime.fromisoformat(manifest["started"]).astimezone(), manifest["seconds"]
    # Before runs wrote this, the ages of what they write first and last tell.
    end = (directory / MARKER).stat().st_mtime
    first = directory / "config.yaml"
    start = first.stat().st_mtime if first.is_file() else end
    return datetime.fromtimestamp(start).astimezone(), max(end - start, 0) if finished else None


def _plan_name(directory: Path) -> str | None:
    """Returns the name of a run's plan, without reading the plan."""
    for file, key in (
        (first_run_file(directory, "plan.yaml"), "name"),
        (directory / "config.yaml", "plan"),
    ):
        for line in read_text(file).splitlines():
            if line.startswith(f"{key}:"):
                found = parsed_yaml(line, file).get(key)
                return found if isinstance(found, str) else None
    return None


def _numbers(found: Mapping[str, Any]) -> dict[str, float | None]:
    return {
        str(name): value
        for name, value in found.items()
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    }
