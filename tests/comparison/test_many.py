"""Faults and faultless networks on real backends, a process a backend."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.comparison import planted
from tests.comparison.many import trials
from tests.comparison.test_planted import named

pytestmark = [pytest.mark.any_backend, pytest.mark.slow]

SCRIPT = Path(__file__).with_name("many.py")
# All of `zoo.NETWORKS` take an hour: docs/comparing.md has the command.
NETWORKS = ("BertBackbone", "LlamaBackbone", "MobileNet", "T5Backbone")


def run(folder, group, backends, *names):
    """The trial of each model of a group, by name."""
    for backend in backends:
        subprocess.run(
            [sys.executable, str(SCRIPT), str(folder), group, *names],
            env={**os.environ, "KERAS_BACKEND": backend},
            check=True,
        )
    return trials(folder, backends)


def test_faults_of_one_backend_are_named(tmp_path):
    found = run(tmp_path, "faults", ("jax", planted.FAULTY))
    told = {name: named(trial) for name, trial in found.items()}
    assert told == {name: right for name, (_, right) in planted.FAULTS.items()}


def test_networks_without_a_fault_are_the_same(tmp_path):
    found = run(tmp_path, "networks", ("torch", "jax", "tensorflow"), *NETWORKS)
    assert found.keys() == set(NETWORKS)
    assert not {name: trial.sentences() for name, trial in found.items() if not trial.is_same}
