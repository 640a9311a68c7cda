"""Runs that go on: which directory holds one, and whether it is of the same command."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kerastune.display.output import console
from kerastune.errors import InputError, reason
from kerastune.jobs.kept_checkpoints import CHECKPOINTS
from kerastune.jobs.run_directories import MARKER, foreign
from kerastune.untrusted.reading import read_json
from kerastune.untrusted.yaml_text import read_yaml

UNFINISHED_FEATURES = "features-unfinished-*"
"""The folders of features that are kept while a run lasts, see `FeatureStore`."""

UNFINISHED = ("running", "interrupted", "stopped")
FINISHED = "finished"

# How a run goes on, and where, are no part of what it computes.
_MAY_DIFFER = (
    "backend",
    "checkpoints",
    "cache_directory",
    "cache_features",
    "distribution",
    "on_non_finite",
    "store",
)


def require_resumable(run_dir: str | Path | None, *, overwrite: bool, repeats: int) -> None:
    """Raises unless a run can be started or gone on with in a directory.

    Args:
        run_dir: where the run is, or None.
        overwrite: bool, whether a run may be replaced.
        repeats: int, how many runs are asked for.

    Raises:
        InputError: if there is no run_dir, it holds a finished run or something else, or other
            options exclude that a run goes on.

    Example:

    >>> require_resumable("runs/new", overwrite=False, repeats=1)
    """
    if not run_dir:
        raise InputError(
            "Expected a run_dir with `resume`, in which an earlier run is looked for. "
            "Received: none"
        )
    if overwrite or repeats > 1:
        given = "overwrite" if overwrite else f"repeats={repeats}"
        raise InputError(f"Expected `resume` without {given}. Received: both. Leave one out")
    former_run(Path(run_dir).resolve())


def former_run(directory: Path) -> dict[str, Any] | None:
    """Returns what a directory tells of the run in it.

    Args:
        directory: Path.

    Returns:
        Dictionary: its manifest, and its `configuration`; or None where there is no run.

    Raises:
        InputError: if there is something else, a trial of a search, or its files cannot be read.

    Example:

    >>> former_run(Path("no/such/run")) is None
    True
    """
    try:
        if not directory.exists() or not any(directory.iterdir()):
            return None
        if not (directory / MARKER).is_file() and all(
            path.name == CHECKPOINTS for path in foreign(directory)
        ):
            return None  # Killed before it had begun.
        manifest = read_json(directory / MARKER)
        status = manifest["status"]
        # As `Run.go_on` computes, with a time that has a zone.
        _ = datetime.now().astimezone() - datetime.fromisoformat(manifest["started"])
        _ = timedelta(seconds=manifest["seconds"])
        configuration, listed = read_yaml(directory / "config.yaml"), manifest["files"]
        if not isinstance(configuration, dict) or not isinstance(listed, list):
            raise ValueError("its files hold something else")
        if not all(isinstance(name, str) for name in listed):
            raise ValueError("it lists what are no names")
    except (OSError, ArithmeticError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"Expected a run_dir that is new or holds a run, to go on with. Received: "
            f"'{directory}': {reason(error)}"
        ) from error
    if status not in (*UNFINISHED, FINISHED):
        raise InputError(
            f"Expected a run of a recipe, to go on with. Received: '{directory}', which is "
            f"{status}. Choose another run_dir"
        )
    return {**manifest, "configuration": configuration}


def run_to_go_on(
    directory: Path, configuration: Mapping[str, Any], resume: str
) -> dict[str, Any] | None:
    """Returns the unfinished run in a directory, to go on with it, or says that there is none.

    Args:
        directory: Path.
        configuration: mapping of what is given now.
        resume: str, `"auto"`, or `"anyway"` for a run of another configuration too.

    Returns:
        Dictionary, see `former_run`, or None.

    Raises:
        InputError: if there is a run of another configuration, a finished one, or something else.

    Example:

    >>> run_to_go_on(Path("no/such/run"), {}, "auto")
    No run in 'no/such/run': it starts.
    """
    former = former_run(directory)
    if former is None:
        told = f"No run in '{directory}': it starts."
        console().print(told, soft_wrap=True, markup=False, highlight=False)
        return None
    if former["status"] == FINISHED:
        raise InputError(
            f"Expected a run that is not finished, to go on with. Received: '{directory}', which "
            "is. Choose another run_dir, or --overwrite without resume"
        )
    _require_same(directory, former, configuration, or_anyway=resume == "anyway")
    return former


def is_finished(directory: Path, configuration: Mapping[str, Any]) -> bool:
    """Returns whether a directory holds a finished run of a configuration, and says so if it does.

    Args:
        directory: Path.
        configuration: mapping of what is given now.

    Raises:
        InputError: if there is a finished run of another configuration, or something else.

    Example:

    >>> is_finished(Path("no/such/run"), {})
    False
    """
    former = former_run(directory)
    if former is None or former["status"] != FINISHED:
        return False
    _require_same(directory, former, configuration, or_anyway=False)
    told = f"The run in '{directory}' is finished: nothing is left to do."
    console().print(told, soft_wrap=True, markup=False, highlight=False)
    return True


def _require_same(
    directory: Path, former: Mapping[str, Any], configuration: Mapping[str, Any], *, or_anyway: bool
) -> None:
    """Raise if a run is of another configuration, unless that does not matter."""
    differing = differences(former["configuration"], configuration)
    if differing and or_anyway:
        told = f"Changed since it was started: {', '.join(differing)}. What is given now holds."
        console().print(told, soft_wrap=True, markup=False, highlight=False)
    elif differing:
        advice = "" if former["status"] == FINISHED else "--resume anyway to go on by these, "
        raise InputError(
            f"Expected a run of the same configuration in '{directory}', to go on with. "
            f"Received: one with {', '.join(differing)}. Give the same, {advice}or another run_dir"
        )


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Returns in words what a run was started with and is not gone on with.

    Args:
        before: mapping, the configuration in its `config.yaml`.
        now: mapping, the configuration as it would be written.

    Example:

    >>> differences({"epochs": 3, "backend": "jax"}, {"epochs": 4, "backend": "torch"})
    ['epochs 3 (now 4)']
    """
    names = [name for name in now if name in before and name not in _MAY_DIFFER]
    return [
        f"{name} {before[name]} (now {now[name]})" for name in names if before[name] != now[name]
    ]
