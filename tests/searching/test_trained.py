"""A search whose trials are trained."""

import json

import pytest

import kerastune as kt
from kerastune.training.history import TrainingHistory
from tests.searching.quick import tiny_line, tune


def status(directory):
    return json.loads((directory / "run.json").read_text(encoding="utf-8"))["status"]


@pytest.mark.first_backend
def test_two_trials_and_the_test_of_the_best(tmp_path):
    found = tune(tmp_path / "study", trials=2, epochs=2)
    assert [one.state for one in found.trials] == ["complete", "complete"]
    assert [one.epochs for one in found.trials] == [2, 2]
    other = 1 - found.best
    assert status(tmp_path / "study" / f"trial-{found.best}") == "finished"
    assert status(tmp_path / "study" / f"trial-{other}") == "untested"
    assert kt.load(tmp_path / "study" / f"trial-{other}").metrics == {}

    # The best is what its settings give, and its test that of a run with them.
    again = tiny_line(**{**found.options, "verbose": 0, "run_dir": tmp_path / "again"})
    assert isinstance(again.history, TrainingHistory)
    assert again.history.epochs[-1]["val_r2"] == pytest.approx(found.value, abs=1e-5)
    assert again.metrics == pytest.approx(found.result.metrics)
    assert found.tests[found.best]["r2"] == found.result.metrics["r2"]

    page = (tmp_path / "study" / "report.html").read_text(encoding="utf-8")
    assert "which only the best trial has read" in page
    for name in ("optimization_history", "slices"):
        assert (tmp_path / "study" / f"{name}.png").stat().st_size > 5_000


@pytest.mark.slow
@pytest.mark.any_backend
def test_a_function_suggests(tmp_path):
    def space(trial):
        return {"learning_rate": 10 ** trial.suggest_int("exponent", -3, -1)}

    found = tune(tmp_path / "study", space, trials=2, epochs=1)
    (best,) = (one for one in found.trials if one.number == found.best)
    assert found.options["learning_rate"] == 10 ** best.settings["exponent"]
    with pytest.raises(
        kt.InputError, match="Expected options of tiny_line to search.*learning_rat"
    ):
        tune(tmp_path / "other", lambda trial: {"learning_rat": 1.0})
    with pytest.raises(
        kt.InputError, match="epochs to be given or searched. Received: both, 1 and"
    ):
        tune(tmp_path / "third", lambda trial: {"epochs": 2}, epochs=1)
