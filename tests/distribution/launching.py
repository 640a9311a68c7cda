"""Trainings by processes that talk to each other, in a network that has nothing else."""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np

from kerastune import backends

WORKING = Path(__file__).with_name("working.py")
REPOSITORY = WORKING.parents[2]
PLACES = ("losses", "epochs", "accuracies", "outputs")
COUNTS = ("sent", "trained", "penalties")

_workers = {}  # By backend.


def started(backend, tasks, *, limit=1800):
    """Runs tasks one after the other; returns their exit statuses, and all that was printed."""
    process = _workers.get(backend) or _worker(backend)
    too_long = threading.Timer(limit, _end, [backend])
    too_long.start()
    lines, statuses = [], []
    try:
        process.stdin.write("".join(json.dumps(task) + "\n" for task in tasks))
        process.stdin.flush()
        while len(statuses) < len(tasks) and (line := process.stdout.readline()):
            lines.append(line)
            if line.startswith("statuses "):
                statuses.append(json.loads(line.removeprefix("statuses ")))
    except BaseException:
        _end(backend)
        raise
    finally:
        too_long.cancel()
    if len(statuses) < len(tasks):  # It has died.
        _end(backend)
    return statuses, "".join(lines)


def _worker(backend):
    """A process that trains what it is told, and stays for the next ones: it takes long to start.

    Each training is in processes that it forks, so that nothing is left of one in the next.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    settings = {
        # Compiling takes longer than the steps: the last of these flags is what holds.
        "XLA_FLAGS": f"{flags} --xla_backend_optimization_level=0",
        "JAX_PLATFORMS": "cpu",
        "GLOO_SOCKET_IFNAME": "lo",
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")]),
    }
    is_alone = subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True)
    network = [] if is_alone.returncode else ["unshare", "-rn"]
    _workers[backend] = subprocess.Popen(
        [*network, sys.executable, "-W", "ignore", str(WORKING)],
        env={**backends.environment_of(backend), **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    atexit.register(_end, backend)
    return _workers[backend]


def _end(backend):
    """Ends a process, with those that it has forked."""
    if process := _workers.pop(backend, None):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdin.close()
        process.stdout.close()


def task(result, network, processes=1, devices=1, **settings):
    return {
        "result": str(result),
        "network": network,
        "processes": processes,
        "devices": devices,
        "settings": {"steps": 40, "distribution": "data_parallel", "devices": devices, **settings},
    }


def apart(expected, result):
    """The largest differences of losses, metrics, predictions, and of weights, by name."""
    one, other = np.load(expected), np.load(result)
    assert one.files == other.files
    assert {name for name in one.files if name not in (*PLACES, *COUNTS)}
    found = {
        name: float(np.abs(one[name].astype("float64") - other[name]).max())
        for name in one.files
        if name not in COUNTS
    }
    return {name: found.pop(name) for name in PLACES}, found
