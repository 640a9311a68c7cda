"""A recipe run with several seeds, and one report on all of them."""

import json
import signal
from statistics import mean, stdev

import keras
import numpy as np
import pytest
import yaml

import kerastune
from kerastune import recipes
from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.jobs import reporting
from kerastune.jobs.repeats_report import spread_of

pytestmark = pytest.mark.any_backend

ROWS = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
SAMPLES = Source.of(ROWS, ROWS @ np.array([2.0, -1.0, 0.5]) + 5.0, name="lines")


class PressInSecondRun(keras.callbacks.Callback):
    """Ctrl-C in the first step of the second training."""

    def __init__(self):
        super().__init__()
        self.trainings = 0

    def on_train_begin(self, logs=None):
        self.trainings += 1

    def on_train_batch_begin(self, batch, logs=None):
        if self.trainings == 2:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch):
    """The reports of the runs themselves are not what is tested."""
    monkeypatch.setattr(reporting, "_pictures", lambda *_: {})


def train(run_dir, **options):
    settings = {"epochs": 1, "batch_size": 4, "learning_rate": 0.5, "seed": 5, **options}
    return recipes.linear_regression(SAMPLES, run_dir=run_dir, **settings)


def written(path):
    return json.loads(path.read_text())


def test_three_seeds_and_what_they_reach(tmp_path, capsys):
    result = train(tmp_path / "run", repeats=3)
    out = capsys.readouterr().out
    single = train(tmp_path / "single", seed=6)
    found = written(tmp_path / "run" / "metrics.json")
    assert [one["seed"] for one in found["repeats"]] == [5, 6, 7]
    for number, one in enumerate(found["repeats"], start=1):
        directory = tmp_path / "run" / f"repeat-{number}"
        assert one["run"] == directory.name
        assert one["metrics"] == written(directory / "metrics.json")["metrics"]
        configuration = yaml.safe_load((directory / "config.yaml").read_text())
        assert (configuration["seed"], configuration["repeats"]) == (4 + number, 1)
        assert "run_dir" not in configuration
    assert found["repeats"][1]["metrics"] == single.metrics
    values = [one["metrics"]["r2"] for one in found["repeats"]]
    assert len(set(values)) == 3
    expected = {
        "mean": pytest.approx(mean(values)),
        "standard_deviation": pytest.approx(stdev(values)),
        "lowest": min(values),
        "highest": max(values),
    }
    assert result.spread["r2"] == found["spread"]["r2"] == expected
    assert found["metrics"]["r2"] == expected["mean"]
    assert found["baselines"]["least squares"]["r2"] == pytest.approx(1.0)
    for shown in ("Repeat 3 of 3, seed 7", "over 3 runs", f"{mean(values):.4f}"):
        assert shown in out
    page = (tmp_path / "run" / "report.html").read_text()
    for shown in ("Each repeat", "± deviation", f"{max(values):.4f}", "seeds 5, 6, 7"):
        assert shown in page
    manifest = written(tmp_path / "run" / "run.json")
    assert manifest["status"] == "finished"
    assert {"repeat-1", "repeat-2", "repeat-3", "metrics.json"} <= set(manifest["files"])
    # The result is that of the first seed, which is also what is loaded.
    assert result.run_dir == tmp_path / "run" / "repeat-1"
    assert result.metrics == found["repeats"][0]["metrics"]
    again = kerastune.load(tmp_path / "run")
    np.testing.assert_allclose(again.predict(ROWS), result.predict(ROWS), rtol=1e-6)
    configuration = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
    assert (configuration["seed"], configuration["repeats"]) == (5, 3)


def test_interrupted_those_that_are_finished_are_reported_and_nothing_is_lost(tmp_path):
    directory = tmp_path / "run"
    train(directory, seed=1)
    press = PressInSecondRun()
    with pytest.raises(KeyboardInterrupt) as caught:
        train(directory, repeats=3, overwrite=True, callbacks=[press])
    assert ".run.new" not in str(caught.value)
    assert f"kept in '{directory / 'repeat-2'}'" in str(caught.value)
    assert f"kept in '{tmp_path / 'run-before'}'" in str(caught.value)
    states = {path.parent.name: written(path)["status"] for path in tmp_path.glob("**/run.json")}
    assert states == {
        "run": "interrupted",
        "repeat-1": "finished",
        "repeat-2": "interrupted",
        "run-before": "finished",
    }
    assert [one["seed"] for one in written(directory / "metrics.json")["repeats"]] == [5]
    configuration = yaml.safe_load((directory / "repeat-2" / "config.yaml").read_text())
    assert "run_dir" not in configuration
    assert kerastune.load(directory).metrics


def test_a_job_has_one_model(tmp_path):
    job = recipes.linear_regression.build(SAMPLES, repeats=2, run_dir=tmp_path / "run")
    with pytest.raises(InputError, match="a call of the recipe for repeats.*repeats=2"):
        job.run()
    assert not (tmp_path / "run").exists()


def test_what_cannot_be_trained_writes_nothing(tmp_path):
    for wrong in ({"seed": 2**32 - 2}, {"early_stopping": 2}):
        with pytest.raises(InputError):
            train(tmp_path / "run", repeats=3, **wrong)
    assert list(tmp_path.iterdir()) == []


def test_the_spread_of_one_number_is_none():
    assert spread_of([0.5])["standard_deviation"] == 0.0
