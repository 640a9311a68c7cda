"""The real command on three backends, with a fault that only one of them has."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kerastune import cli

pytestmark = pytest.mark.any_backend

PLANTED = Path(__file__).parents[1] / "comparison" / "planted.py"


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """The directory of a comparison, and its exit status."""
    folder = tmp_path_factory.mktemp("compare")
    what = f"{PLANTED}:build_batch_norm_epsilon"
    return folder, cli.main(
        ["compare", what, "--steps", "3", "--cost_rounds", "0", "--output", str(folder)]
    )


def test_the_faulty_layer_and_the_faulty_backend_are_named(compared):
    folder, status = compared
    assert status == 1
    found = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    assert found["first"]["name"] == "culprit"
    verdict = " ".join(found["verdict"])
    assert "torch is the one that is off: tensorflow and jax agree within" in verdict
    assert re.search(r"settings of culprit differ: epsilon=0.001, on torch 1e-05", str(found))
    others = [
        one for one in found["trials"][0]["differences"] if one["backend"] == "jax" and one["limit"]
    ]
    assert {one["status"] for one in others} <= {"same", "listed"}
    assert "culprit" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_reproduction_runs_without_kerastune(compared):
    folder, _ = compared
    script = folder / "reproduction" / "reproduce.py"
    assert "kerastune" not in script.read_text(encoding="utf-8")
    told = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True
    ).stdout
    (share,) = re.findall(r"culprit, output 0: largest difference .*, (\S+) of the largest", told)
    assert float(share) > 1e-4
