"""The same recipe on three backends, each in its own process: one curve, one model."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kerastune.backends import BACKENDS
from kerastune.data import docstring_sentences

pytestmark = pytest.mark.any_backend

SCRIPT = Path(__file__).with_name("train_and_load.py")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of MiniLM on each backend, each loaded on another."""
    folder = tmp_path_factory.mktemp("runs")
    source = docstring_sentences().select(range(240))
    with (folder / "data.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        rows.writerows(
            (text, source.classes[label])
            for text, label in zip(source.features, source.labels, strict=True)
        )
    previous = None
    for backend in (*BACKENDS, BACKENDS[0]):
        command = [sys.executable, str(SCRIPT), str(folder / "data.csv"), str(folder / backend)]
        finished = subprocess.run(
            command + ([str(folder / previous)] if previous else []),
            env={**os.environ, "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-3000:]
        previous = backend
    return folder


def test_loss_curves_agree(runs):
    """From the same weights in the same order without dropout, step by step."""
    curves = [np.load(runs / backend / "expected.npz")["steps"] for backend in BACKENDS]
    assert len(curves[0]) >= 20
    for curve in curves[1:]:
        np.testing.assert_allclose(curve, curves[0], rtol=1e-3)
    assert curves[0][-1] < curves[0][0]


def test_runs_say_which_backend_made_them(runs):
    for backend in BACKENDS:
        environment = json.loads((runs / backend / "environment.json").read_text())
        assert environment["backend"] == backend


def test_metrics_agree(runs):
    reached = [
        json.loads((runs / backend / "metrics.json").read_text())["metrics"]["log_loss"]
        for backend in BACKENDS
    ]
    np.testing.assert_allclose(reached, reached[0], rtol=1e-3)
