"""Faults and faultless networks on real backends, a process a backend."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kerastune.comparison import Tolerances
from kerastune.comparison.records import Record
from kerastune.comparison.trial import trial_of
from tests.comparison import planted, zoo
from tests.comparison.test_planted import named

pytestmark = [pytest.mark.any_backend, pytest.mark.slow]

SCRIPT = Path(__file__).with_name("many.py")


def trials(folder, group, backends):
    """The trial of each model of a group, by name."""
    for backend in backends:
        subprocess.run(
            [sys.executable, str(SCRIPT), str(folder), group],
            env={**os.environ, "KERAS_BACKEND": backend},
            check=True,
        )
    found = {}
    for name in sorted(path.name for path in folder.iterdir()):
        records = [Record(folder / name / backend) for backend in backends]
        found[name] = trial_of(None, records, [], Tolerances())
    return found


def test_faults_of_one_backend_are_named(tmp_path):
    found = trials(tmp_path, "faults", ("jax", planted.FAULTY))
    told = {name: named(trial) for name, trial in found.items()}
    wrong = {name: told[name] for name, (_, right) in planted.FAULTS.items() if told[name] != right}
    assert len(found) == len(planted.FAULTS)
    assert not wrong


def test_networks_without_a_fault_are_the_same(tmp_path):
    found = trials(tmp_path, "networks", ("torch", "jax", "tensorflow"))
    assert found.keys() == zoo.NETWORKS.keys()
    assert not {name: trial.sentences() for name, trial in found.items() if not trial.is_same}
