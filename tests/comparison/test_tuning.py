"""Settings are tried by turns, and kept where they are faster; no process is started."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from kerastune.comparison import running
from kerastune.comparison.costs import Cost
from kerastune.comparison.specification import Specification
from kerastune.comparison.tuning import tune

pytestmark = pytest.mark.any_backend


def test_what_is_faster_than_the_best_before_is_kept(monkeypatch):
    steps = {
        (None, None, None): 0.03,
        (False, None, None): 0.02,
        (False, "mixed_bfloat16", None): 0.019,
        (False, None, 2): 0.04,
        (False, None, 1): 0.01,
    }
    asked = []

    def run_worker(specification):
        one = specification
        asked.append(one)
        if one.precision is not None and one.threads is None:
            raise running.WorkerFailedError("no such precision\n  more", is_input=True)
        step = steps[(one.jit_compile, one.precision, one.threads)]
        seconds = {"import": 1.0, "build": 1.0, "first step": 1.0, "step": [step] * 3}
        result = {
            "batch_size": 8,
            "jit_compile": one.jit_compile is not False,
            "seconds": {**seconds, "evaluation": [1.0], "prediction": [1.0]},
            "memory": {"process": None, "device": None},
        }
        return SimpleNamespace(backend=one.backend, result=result)

    monkeypatch.setattr(running, "run_worker", run_worker)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    usual = Cost("tensorflow", "as it is", 8, 1, {}, jit_compile=True)
    told = []
    specification = Specification("lenet", "", "", "")
    (tuned,) = tune(specification, [usual], Path("a"), rounds=1, announce=told.append)
    assert tuned.settings == {"jit_compile": False, "threads": 1}
    assert tuned.ratio == pytest.approx(1 / 3)
    kept = [(one.setting, one.is_kept, one.why) for one in tuned.tried]
    assert kept == [
        ("jit_compile=False", True, ""),
        ("precision=mixed_bfloat16", False, "no such precision\n  more"),
        ("threads=2", False, ""),
        ("threads=1", True, ""),
    ]
    # What was kept is what the next is measured beside.
    assert [one.jit_compile for one in asked] == [None, False, False, False, False, False, False]
    assert "cost, round 1 of 1, tensorflow, threads=1: 10 ms a step" in told
