"""The same recipes on three backends, each in its own process: one curve, one model."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kerastune.backends import BACKENDS
from tests.integration.agreement import JOBS, STEPS

pytestmark = pytest.mark.any_backend

SCRIPT = Path(__file__).with_name("agreement.py")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of each recipe on each backend, loaded on another."""
    folder = tmp_path_factory.mktemp("runs")
    previous: list[str] = []
    for backend in (*BACKENDS, BACKENDS[0]):
        finished = subprocess.run(
            [sys.executable, str(SCRIPT), str(folder), *previous],
            env={**os.environ, "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-3000:]
        previous = [backend]
    return folder


@pytest.mark.parametrize("name", JOBS)
def test_loss_curves_agree(runs, name):
    """From the same weights in the same order without dropout, step by step."""
    curves = [np.load(runs / f"{backend}_{name}.npz")["steps"] for backend in BACKENDS]
    assert len(curves[0]) >= STEPS
    for curve in curves[1:]:
        np.testing.assert_allclose(curve, curves[0], rtol=1e-3, atol=1e-3)
    assert np.ptp(curves[0]) > 1e-3  # Something is learned from other samples at each step.


@pytest.mark.parametrize("name", JOBS)
def test_metrics_agree(runs, name):
    """Numbers that do not jump when one answer does."""
    reached = [
        json.loads((runs / backend / name / "metrics.json").read_text())["metrics"]
        for backend in BACKENDS
    ]
    smooth = [key for key in reached[0] if key.endswith(("log_loss", "error", "likelihood"))]
    for key in smooth:
        if not key.endswith("calibration_error"):
            np.testing.assert_allclose(
                [metrics[key] for metrics in reached], reached[0][key], rtol=1e-2, err_msg=key
            )


def test_runs_say_which_backend_made_them(runs):
    for backend in BACKENDS:
        path = runs / backend / "text_classification" / "environment.json"
        assert json.loads(path.read_text())["backend"] == backend
