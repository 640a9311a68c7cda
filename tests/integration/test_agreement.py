"""The same recipes on three backends, each in a process: one curve, one model."""

import json
import os
import subprocess
import sys
from itertools import pairwise

import keras
import numpy as np
import pytest

from kerastune.backends import BACKENDS
from tests.integration import agreement
from tests.integration.agreement import JOBS, STEPS

# What takes minutes is the compiling, on JAX and TensorFlow; test_moving_on.py is the quick form.
pytestmark = [pytest.mark.any_backend, pytest.mark.slow]


def trained(names, folder):
    """A run of some jobs on each backend, loaded on another: round from this one to this one."""
    this = keras.config.backend()
    others = [backend for backend in BACKENDS if backend != this]
    agreement.main(str(folder), ",".join(names))
    for previous, backend in pairwise([this, *others]):
        finished = subprocess.run(
            [sys.executable, agreement.__file__, str(folder), ",".join(names), previous],
            env={**os.environ, "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-3000:]
    agreement.main(str(folder), ",".join(names), others[-1])
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return trained(list(JOBS), tmp_path_factory.mktemp("runs"))


@pytest.mark.parametrize("name", JOBS)
def test_loss_curves_agree(runs, name):
    """From the same seed, with all that is drawn: new weights, order, augmentation, dropout."""
    curves = [np.load(runs / f"{backend}_{name}.npz")["steps"] for backend in BACKENDS]
    assert len(curves[0]) >= STEPS
    for curve in curves[1:]:
        np.testing.assert_allclose(curve, curves[0], rtol=1e-3, atol=1e-3)
    assert np.ptp(curves[0]) > 1e-3  # Something is learned from other samples at each step.


@pytest.mark.parametrize("name", JOBS)
def test_metrics_agree(runs, name):
    """Numbers that do not jump when one answer does."""
    reached = [
        json.loads((runs / backend / name / "metrics.json").read_text()) for backend in BACKENDS
    ]
    smooth = [
        key for key in reached[0] if key.endswith(("log_loss", "error", "likelihood", "entropy"))
    ]
    for key in smooth:
        if not key.endswith("calibration_error"):
            np.testing.assert_allclose(
                [metrics[key] for metrics in reached], reached[0][key], rtol=1e-2, err_msg=key
            )
