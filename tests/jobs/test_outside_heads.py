"""Heads from outside train, are measured and come back, on this backend."""

from pathlib import Path

import numpy as np
import pytest

import kerastune
from kerastune.errors import InputError
from tests.jobs import outside

OUTSIDE = Path(__file__).with_name("outside.py")


# The one that decodes in steps of the backend is shown on each.
ON_EACH = ("generation",)
CASES = [
    name if name in ON_EACH else pytest.param(name, marks=pytest.mark.first_backend)
    for name in outside.JOBS
]


@pytest.fixture(scope="module", params=CASES)
def run(request, tmp_path_factory):
    build, metric, bound = outside.JOBS[request.param]
    job = build()
    result = job.run(run_dir=tmp_path_factory.mktemp("runs") / request.param)
    return job, result, metric, bound


def test_it_learns(run):
    _, result, metric, bound = run
    value = result.metrics[metric]
    assert value >= bound if bound > 0 else value <= -bound
    assert result.history.step_loss[-1] < result.history.step_loss[0]


@pytest.mark.first_backend
def test_it_comes_back_and_answers_the_same(run):
    job, result, metric, _ = run
    loaded = kerastune.load(result.run_dir)
    assert loaded.head == result.head
    test = job.splits.test
    for ours, theirs in zip(result.outputs(test), loaded.outputs(test), strict=True):
        np.testing.assert_allclose(theirs, ours, atol=1e-5)
    assert loaded.evaluate(test)[metric] == pytest.approx(result.metrics[metric])


@pytest.mark.first_backend
def test_a_teacher_is_neither_trained_nor_saved(tmp_path):
    job = outside.distillation()
    teacher = job.model.teacher.model
    before = teacher.get_weights()
    result = job.run(run_dir=tmp_path / "run")
    for one, same in zip(teacher.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, same)
    loaded = kerastune.load(tmp_path / "run")
    assert len(loaded.model.weights) == len(result.model.weights) == 4


@pytest.mark.any_backend
@pytest.mark.parametrize("method", ["loss", "decode", "evaluate"])
def test_a_head_without_a_needed_method_says_which_before_it_trains(tmp_path, method):
    job = outside.own_loss()
    names = ("build", "loss", "encode", "decode", "evaluate")
    present = {name: getattr(outside.Plain, name) for name in names if name != method}
    job.head = type("Lacking", (kerastune.Head,), present)()
    with pytest.raises(InputError, match=f"method `{method}`.*Lacking without") as caught:
        job.run(run_dir=tmp_path / "run")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()
