"""A run that was left untested, gone on with in any process."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from kerastune.errors import InputError, reason
from kerastune.jobs.run_directories import MARKER
from kerastune.jobs.runs import UNTESTED, Run


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
        manifest = json.loads((directory / MARKER).read_text(encoding="utf-8"))
        configuration = yaml.safe_load((directory / "config.yaml").read_text(encoding="utf-8"))
        if manifest["status"] != UNTESTED:
            raise ValueError(f"it is {manifest['status']}")
        started = datetime.fromisoformat(manifest["started"])
        paused = datetime.now().astimezone() - started - timedelta(seconds=manifest["seconds"])
        return Run(
            manifest["recipe"],
            directory,
            configuration,
            list(manifest["files"]),
            _has_begun=True,
            _started=started,
            _paused=paused,
        )
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise InputError(
            f"Expected the directory of an untested run. Received: '{directory}': {reason(error)}"
        ) from error
