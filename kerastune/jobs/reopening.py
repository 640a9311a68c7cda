"""Runs of before: one that was left untested, to be completed, and one that is finished."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from kerastune.display.output import printing
from kerastune.errors import InputError, reason
from kerastune.jobs.engine import configuration
from kerastune.jobs.loading import load
from kerastune.jobs.plain_values import plain
from kerastune.jobs.resuming import is_finished
from kerastune.jobs.run_directories import MARKER
from kerastune.jobs.runs import UNTESTED, Run
from kerastune.untrusted.reading import read_json
from kerastune.untrusted.yaml_text import read_yaml

if TYPE_CHECKING:
    from kerastune.jobs.job import Job
    from kerastune.jobs.result import Result


def reopened_run(directory: Path) -> Run:
    """Returns a run that `Run.leave_untested` has left.

    Args:
        directory: Path of the run.

    Returns:
        A `Run`, begun. The time in which nobody worked on it does not count.

    Raises:
        InputError: if there is none, or it was left otherwise.

    Example:

    >>> reopened_run(Path("no/such/run"))
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected the directory of an untested run. Received: ...
    """
    try:
        manifest = read_json(directory / MARKER)
        held = read_yaml(directory / "config.yaml")
        if manifest["status"] != UNTESTED:
            raise ValueError(f"it is {manifest['status']}")
        started = datetime.fromisoformat(manifest["started"])
        paused = datetime.now().astimezone() - started - timedelta(seconds=manifest["seconds"])
        return Run(
            manifest["recipe"],
            directory,
            held,
            list(manifest["files"]),
            _has_begun=True,
            _started=started,
            _paused=paused,
        )
    except (OSError, ArithmeticError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"Expected the directory of an untested run. Received: '{directory}': {reason(error)}"
        ) from error


def finished_result(job: "Job") -> "Result | None":
    """Returns what a job has reached before, if its run directory holds its finished run.

    Args:
        job: the `Job`, with a `run_dir`.

    Returns:
        A `Result`, or None where the run is still to be made or to be gone on with.

    Raises:
        InputError: if the finished run is of another configuration, or there is something else.

    Example:

    >>> from kerastune import recipes
    >>> finished_result(recipes.linear_regression.build(run_dir="runs/new")) is None
    True
    """
    directory = Path(str(job.options["run_dir"])).resolve()
    held = {name: plain(value) for name, value in configuration(job).items()}
    if job.options["learning_rate"] == "auto":
        del held["learning_rate"]  # Written is what was found.
    with printing(job.options["verbose"]):
        return load(directory) if is_finished(directory, held) else None
