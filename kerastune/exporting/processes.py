"""The processes of an export: one for each backend that writes, one for each artefact."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kerastune.backends import environment_of
from kerastune.child_process import died
from kerastune.exporting.task import Task


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
    task = Task("write", [], backend, str(folder), f"{backend}-written.json", recipe)
    return _tried(task, names, environment_of(backend))


def ran(names: Sequence[str], folder: Path) -> dict[str, str]:
    """Runs artefacts in a process without the model; their outputs are then in the folder.

    Args:
        names: sequence of str, formats.
        folder: Path with the artefacts and the batches.

    Returns:
        Dictionary from each format to what is wrong with it, or `""`.

    Example:

    >>> import tempfile
    >>> "no such file" in ran(["onnx"], Path(tempfile.mkdtemp()))["onnx"].lower()
    True
    """
    task = Task("run", [], "", str(folder), f"{'-'.join(names)}-run.json")
    return _tried(task, names, dict(os.environ))


def _tried(task: Task, names: Sequence[str], environment: dict[str, str]) -> dict[str, str]:
    """What is wrong with each format; a process that ends early is followed by another."""
    found: dict[str, str] = {}
    while left := [name for name in names if name not in found]:
        status, told = _started(replace(task, formats=left), environment)
        how = "" if None not in told.values() and told else died(status, _log(task))
        for name in told or left:
            fault = told.get(name)
            found[name] = how if fault is None else fault
    return found


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
