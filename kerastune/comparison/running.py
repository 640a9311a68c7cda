"""The processes of a comparison, one backend after the other."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from kerastune.backends import environment_of
from kerastune.child_process import died
from kerastune.comparison.records import Record
from kerastune.comparison.specification import Specification

# The first two, in which backends compile, are left out of a median.
_LEAST_MEASURED = 7


class WorkerFailedError(Exception):
    """A process of a comparison has ended without a result.

    Args:
        message: str, why, in words.
        is_input: bool, whether something given cannot be used there, rather than that the
            process died.

    Example:

    >>> WorkerFailedError("killed", is_input=False).is_input
    False
    """

    def __init__(self, message: str, *, is_input: bool) -> None:
        super().__init__(message)
        self.is_input = is_input


def run_worker(specification: Specification) -> Record:
    """Run one process to its end.

    Args:
        specification: the `Specification`.

    Returns:
        The `Record` of what it wrote.

    Raises:
        WorkerFailedError: if it ends without a result.
    """
    output = Path(specification.output)
    output.mkdir(parents=True, exist_ok=True)
    Path(specification.folder).mkdir(parents=True, exist_ok=True)
    path = output / "specification.json"
    specification.write(path)
    with (output / "log.txt").open("w", encoding="utf-8") as log:
        finished = subprocess.run(
            [sys.executable, "-m", "kerastune.comparison.worker", str(path)],
            env=environment_of(
                specification.backend,
                in_float64=specification.task == "judge",
                threads=specification.threads,
            ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode == 0 and (output / "result.json").is_file():
        return Record(output)
    error = output / "error.json"
    if error.is_file():
        message = json.loads(error.read_text(encoding="utf-8"))["message"]
        raise WorkerFailedError(message, is_input=True)
    raise WorkerFailedError(died(finished.returncode, output / "log.txt"), is_input=False)


def run_backends(
    specification: Specification,
    backends: Sequence[str],
    folder: Path,
    *,
    judges: bool,
    announce: Callable[[str], None],
) -> tuple[list[Record], list[Record], dict[str, WorkerFailedError]]:
    """Run a comparison on backends, the reference first.

    Where the reference cannot run it, the next backend takes its place.

    Args:
        specification: the `Specification`, whose backend and folders are filled in here.
        backends: sequence of str, in order.
        folder: Path for what the processes write.
        judges: bool, whether the layers are run in float64 too.
        announce: function that is told how far it is.

    Returns:
        A tuple of the records, that of the reference first; of those in float64; and of what
        failed, by backend.
    """
    records: list[Record] = []
    failures: dict[str, WorkerFailedError] = {}
    for backend in backends:
        asked = replace(
            specification,
            backend=backend,
            folder=str(folder / "common"),
            output=str(folder / backend),
            is_reference=not records,
        )
        started = time.perf_counter()
        try:
            records.append(run_worker(asked))
            announce(f"{backend}: {time.perf_counter() - started:.0f} s")
        except WorkerFailedError as error:
            failures[backend] = error
            announce(f"{backend}: {error}")
    exact: list[Record] = []
    for record in records if judges else ():
        asked = replace(
            specification,
            backend=record.backend,
            folder=str(folder / "common"),
            output=str(folder / f"{record.backend}_float64"),
            task="judge",
        )
        try:
            exact.append(run_worker(asked))
            announce(f"{record.backend} in float64: done")
        except WorkerFailedError as error:
            announce(f"{record.backend} in float64: {error}")
    return records, exact, failures


def measure_by_turns(
    contestants: Mapping[str, Specification],
    folder: Path,
    *,
    rounds: int,
    announce: Callable[[str], None],
) -> tuple[dict[str, list[Record]], dict[str, WorkerFailedError]]:
    """Measure what a training costs, by turns.

    Each round starts a process for each, every second round in the opposite order, so that what
    else the machine does shows as a spread rather than as a difference between them.

    Args:
        contestants: dictionary from what each is called to its `Specification`, whose folders are
            filled in here.
        folder: Path for what the processes write.
        rounds: int, at least 1.
        announce: function that is told how far it is.

    Returns:
        A tuple of dictionaries by the same names: the records, one a round, and what failed.
    """
    found: dict[str, list[Record]] = {}
    failures: dict[str, WorkerFailedError] = {}
    for number in range(rounds):
        for name in contestants if number % 2 == 0 else reversed(list(contestants)):
            if name in failures:
                continue
            asked = contestants[name]
            told = asked.backend if name == asked.backend else f"{asked.backend}, {name}"
            place = list(contestants).index(name)
            asked = replace(
                asked,
                folder=str(folder / "common"),
                output=str(folder / f"{place}_{number}"),
                steps=max(asked.steps, _LEAST_MEASURED),
                task="measure",
            )
            try:
                record = run_worker(asked)
            except WorkerFailedError as error:
                failures[name] = error
                found.pop(name, None)
                announce(f"cost on {told}: {error}")
                continue
            found.setdefault(name, []).append(record)
            step = 1000 * statistics.median(record.result["seconds"]["step"])
            announce(f"cost, round {number + 1} of {rounds}, {told}: {step:.3g} ms a step")
    return found, failures
