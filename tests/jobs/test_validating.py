"""Runs that are judged on the validation samples, and tested later."""

import json
from dataclasses import replace

import pytest

import kerastune as kt
from kerastune.jobs.reopening import reopened_run
from kerastune.jobs.validating import evaluate_on_validation, measure_on_test, validate_job

GIVEN = {"epochs": 2, "validation_fraction": 0.2, "verbose": 0}


class Watched(dict):
    """Values that tell when they are read."""

    reads = 0

    def __getitem__(self, name):
        Watched.reads += 1
        return super().__getitem__(name)


def built(**options):
    job = kt.recipes.linear_regression.build(**GIVEN, **options)
    test = replace(job.splits.test, values=Watched(job.splits.test.values))
    return replace(job, splits=replace(job.splits, test=test))


@pytest.mark.first_backend
def test_the_test_samples_are_read_when_they_are_to_be_and_all_is_as_in_a_run(tmp_path):
    Watched.reads = 0
    found = validate_job(built(run_dir=tmp_path / "later"))
    assert Watched.reads == 0
    assert found.result.metrics == {}
    assert not (tmp_path / "later" / "metrics.json").exists()
    assert _status(tmp_path / "later") == "untested"
    written = json.loads((tmp_path / "later" / "validation.json").read_text(encoding="utf-8"))
    assert written["metrics"]["r2"] == found.evaluation["r2"]

    later = measure_on_test(built(), tmp_path / "later")
    assert Watched.reads > 0
    at_once = built(run_dir=tmp_path / "once").run()
    assert later.metrics == pytest.approx(at_once.metrics)
    assert _status(tmp_path / "later") == "finished"
    assert kt.load(tmp_path / "later").metrics == later.metrics
    files = [{path.name for path in (tmp_path / run).iterdir()} for run in ("later", "once")]
    assert files[0] - files[1] == {"validation.json"}
    assert files[1] <= files[0]


@pytest.mark.any_backend
def test_time_in_which_nobody_works_does_not_count(tmp_path):
    validate_job(built(run_dir=tmp_path / "run"))
    file = tmp_path / "run" / "run.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    manifest |= {"started": "2026-01-01T00:00:00+00:00", "seconds": 5.0}
    file.write_text(json.dumps(manifest), encoding="utf-8")
    reopened_run(tmp_path / "run").finish()
    after = json.loads(file.read_text(encoding="utf-8"))
    assert after["started"] == manifest["started"]
    assert after["files"] == manifest["files"]
    assert 5 <= after["seconds"] < 600


@pytest.mark.any_backend
def test_without_validation_samples_nothing_is_trained(tmp_path):
    job = kt.recipes.linear_regression.build(epochs=1, run_dir=tmp_path / "run")
    for judge in (validate_job, evaluate_on_validation):
        with pytest.raises(kt.InputError, match="Expected samples to validate on"):
            judge(job)
    assert not (tmp_path / "run").exists()


@pytest.mark.any_backend
def test_a_finished_run_is_not_gone_on_with(tmp_path):
    kt.recipes.linear_regression(epochs=1, verbose=0, run_dir=tmp_path / "run")
    with pytest.raises(kt.InputError, match="an untested run. Received: .*it is finished"):
        measure_on_test(built(), tmp_path / "run")


def _status(directory):
    return json.loads((directory / "run.json").read_text(encoding="utf-8"))["status"]
