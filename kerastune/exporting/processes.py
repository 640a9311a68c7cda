"""The processes of an export: one for each backend that writes, one for each artefact."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerastune.backends import environment_of
from kerastune.child_process import died
from kerastune.exporting.task import Task

_DONE = "done.json"


def written(names: Sequence[str], backend: str, folder: Path, recipe: str = "") -> dict[str, str]:
    """Writes artefacts in a process of a backend, and tells what could not be.

    A converter that ends its process does not keep others from being tried.

    Args:
        names: sequence of str, formats.
        backend: str, the backend of all of them.
        folder: Path with the model, in which they are written.
        recipe: str, a Python file to import first, or `""`.

    Returns:
        Dictionary from each format to what is wrong with it, or `""`.

    Example:

    >>> written([], "torch", Path("work"))
    {}
    """
    found: dict[str, str] = {}
    while left := [name for name in names if name not in found]:
        task = Task("write", left, backend, str(folder), f"{backend}-{_DONE}", recipe)
        status, told = _started(task, environment_of(backend))
        for name, fault in told.items():
            found[name] = died(status, _log(task)) if fault is None else fault
        if not told:
            found |= dict.fromkeys(left, died(status, _log(task)))
    return found


def ran(name: str, folder: Path) -> str:
    """Runs an artefact in a process without Keras; its outputs are then in the folder.

    Args:
        name: str, the format.
        folder: Path with the artefact and the batches.

    Returns:
        What is wrong with it, or `""`.

    Example:

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> "no such file" in ran("onnx", folder).lower()
    True
    """
    task = Task("run", [name], "", str(folder), f"{name}-{_DONE}")
    status, told = _started(task, dict(os.environ))
    return died(status, _log(task)) if name not in told else str(told[name])


def _started(task: Task, environment: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """The exit status of a process, and what it has written of each format."""
    folder = Path(task.folder)
    path, result = folder / f"{task.result}-task.json", folder / task.result
    task.write(path)
    result.unlink(missing_ok=True)
    with _log(task).open("w", encoding="utf-8") as log:
        finished = subprocess.run(
            [sys.executable, "-m", "kerastune.exporting.worker", str(path)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    told = json.loads(result.read_text(encoding="utf-8")) if result.is_file() else {}
    return finished.returncode, told


def _log(task: Task) -> Path:
    return Path(task.folder) / f"{task.result}.log"
