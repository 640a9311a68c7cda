"""Trainings by processes that talk to each other, in a network that has nothing else."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from kerastune import backends

WORKING = Path(__file__).with_name("working.py")
REPOSITORY = WORKING.parents[2]
PLACES = ("losses", "epochs", "accuracies", "outputs")
COUNTS = ("sent", "trained", "penalties")


def started(backend, tasks, *, limit=1800):
    """Runs tasks one after the other; returns their exit statuses, and all that was printed."""
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
    with subprocess.Popen(
        [*network, sys.executable, "-W", "ignore", str(WORKING)],
        env={**backends.environment_of(backend), **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            asked = "".join(json.dumps(task) + "\n" for task in tasks)
            printed, _ = process.communicate(asked, timeout=limit)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)  # With the processes that it has forked.
            raise
    lines = [line for line in printed.splitlines() if line.startswith("statuses ")]
    return [json.loads(line.removeprefix("statuses ")) for line in lines], printed


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
