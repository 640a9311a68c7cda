"""A process that is killed at each operation on files inside the writer of checkpoints."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.any_backend

# Each child is killed one operation later than the one before, until one comes to its end.
CAMPAIGN = """
import json, os, shutil, signal, sys
from pathlib import Path

import numpy as np
from kerastune.checkpoints import CheckpointFolder, State

WATCHED = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.unlink"}


def state(step):
    return State({"weight": np.full(2000, step, "float32")}, {"step": step})


def write(path, steps):
    folder = CheckpointFolder(path, keep_last=2)
    with folder.locked():
        for step in steps:
            folder.write(step, state(step))
        folder.wait()
    return folder


def killed_at(number, path):
    child = os.fork()
    if child == 0:
        left = number

        def count(event, _):
            nonlocal left
            if event in WATCHED:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        write(path, (3, 4))
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


start = Path("start")
write(start, (1, 2))
found = []
for number in range(1000):
    path = Path(f"killed-{number}")
    shutil.copytree(start, path)
    was_killed = killed_at(number, path)
    newest, told = CheckpointFolder(path, keep_last=2).newest()
    is_right = (newest.arrays["weight"] == newest.values["step"]).all()
    assert is_right and not told, (number, told)
    # The next process writes as if nothing had been.
    after = write(path, (5,))
    kept = [one.name for one in after.checkpoints()]
    assert len(kept) == 2 and kept[-1] == "step-00000005", (number, kept)
    assert not list(path.glob(".*")), number
    found.append(newest.values["step"])
    if not was_killed:
        break
print(json.dumps(found))
"""


def test_at_every_operation_on_files(tmp_path):
    """The newest checkpoint is always whole, and none is lost that was named."""
    pytest.importorskip("fcntl", reason="Windows has no fork")
    finished = subprocess.run(
        [sys.executable, "-c", CAMPAIGN], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    steps = json.loads(finished.stdout)
    assert len(steps) > 20
    assert steps == sorted(steps)
    assert set(steps) == {2, 3, 4}
