"""A training that goes on under another backend ends as if it had stayed: all nine pairs."""

import itertools
import json
import os
import subprocess
import sys
from contextlib import ExitStack

import keras
import numpy as np
import pytest

from kerastune.backends import BACKENDS
from tests.integration import moving_on
from tests.integration.moving_on import STEPS

pytestmark = pytest.mark.any_backend

# Round by each backend in `make test`, all nine in `make test-all`.
ROUND = list(zip(BACKENDS, BACKENDS[1:] + BACKENDS[:1], strict=True))
PAIRS = [
    pytest.param(*pair, marks=[] if pair in ROUND else pytest.mark.slow)
    for pair in itertools.product(BACKENDS, repeat=2)
]
# A checkpoint comes ten steps after the last one, and at the end of a stage.
FIRST, SECOND = "step-00000018", "step-00000038"


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory):
    """A folder with a run of each backend, and those that go on from the checkpoints of others."""
    here = [item for item in request.session.items if item.path == request.path]
    asked = [item.callspec.params for item in here if hasattr(item, "callspec")]
    pairs = {*ROUND[:1], *((one["before"], one["after"]) for one in asked if "before" in one)}
    folder = tmp_path_factory.mktemp("runs")
    this = keras.config.backend()
    with ExitStack() as stack:
        others = {one: stack.enter_context(process(one, folder)) for one in BACKENDS if one != this}
        train_all(folder, others, pairs)
    return folder


def process(backend, folder):
    """A process that trains on another backend, and tells what goes wrong in a file."""
    with (folder / f"{backend}.txt").open("w") as told:
        return subprocess.Popen(
            [sys.executable, moving_on.__file__],
            env={**os.environ, "KERAS_BACKEND": backend},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
        )


def train_all(folder, others, pairs):
    """Trains from nothing, from the checkpoints of that, and from one of a run that moved on."""

    def train(asked):
        """Trainings by name, each a backend and the checkpoint to go on from."""
        given = {
            name: {
                "result": str(folder / name),
                "checkpoint": checkpoint and str(folder / checkpoint),
            }
            for name, (_, checkpoint) in asked.items()
        }
        elsewhere = {name: others[one] for name, (one, _) in asked.items() if one in others}
        for name, other in elsewhere.items():
            other.stdin.write(json.dumps(given[name]) + "\n")
            other.stdin.flush()
        for name in set(asked) - set(elsewhere):
            moving_on.train(**given[name])
        for name, other in elsewhere.items():
            told = folder / f"{asked[name][0]}.txt"
            assert other.stdout.readline() == "done\n", told.read_text()[-3000:]

    train({backend: (backend, "") for backend in BACKENDS})
    train({f"{before}-{after}": (after, f"{before}/{FIRST}") for before, after in pairs})
    first, second, third = BACKENDS
    train({"twice": (third, f"{first}-{second}/{SECOND}")})


def assert_agree(runs, *names, tolerance=1e-4):
    ends = [np.load(runs / name / "end.npz") for name in names]
    assert len(ends[0]["losses"]) == STEPS
    assert np.ptp(ends[0]["losses"]) > 0.1
    assert len({len(end.files) for end in ends}) == 1
    for key in ends[0].files:
        first, other = (end[key].astype("float64") for end in ends)
        np.testing.assert_allclose(other, first, rtol=0, atol=tolerance, err_msg=key)


@pytest.mark.parametrize("backend", BACKENDS)
def test_runs_from_nothing_agree(runs, backend):
    """New weights, order, augmentation, dropout: everything is drawn alike."""
    assert_agree(runs, BACKENDS[0], backend)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_run_goes_on_under_another_backend(runs, before, after):
    # On one backend bit for bit.
    assert_agree(runs, before, f"{before}-{after}", tolerance=1e-4 * (before != after))


def test_a_run_moves_on_twice(runs):
    assert_agree(runs, BACKENDS[0], "twice")


def test_what_goes_on_has_trained_from_there(runs):
    found = sorted(path.name for path in (runs / "-".join(BACKENDS[:2])).glob("step-*"))
    assert found[0] == FIRST
    assert len(found) > 4
