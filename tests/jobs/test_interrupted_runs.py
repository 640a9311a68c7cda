"""A run that is interrupted keeps what was trained, and destroys nothing."""

import json
import shutil
import signal

import keras
import numpy as np
import pytest

import kerastune
from kerastune import recipes
from kerastune.cli import main
from kerastune.data import Source
from kerastune.jobs import measuring
from kerastune.jobs.run_directories import require_free

ROWS = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
SAMPLES = Source.of(ROWS, ROWS @ np.array([2.0, -1.0, 0.5]) + 5.0, name="lines")


class Press(keras.callbacks.Callback):
    """Ctrl-C in the step of a number, counted from 1."""

    def __init__(self, step):
        super().__init__()
        self.left = step

    def on_train_batch_begin(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGINT)


class PressAtStart(keras.callbacks.Callback):
    """Ctrl-C before the first step."""

    def on_train_begin(self, logs=None):
        signal.raise_signal(signal.SIGINT)


def train(run_dir, *callbacks, **options):
    return recipes.linear_regression(
        SAMPLES, epochs=3, batch_size=8, run_dir=run_dir, callbacks=callbacks, **options
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run that is finished."""
    directory = tmp_path_factory.mktemp("finished") / "run"
    train(directory, seed=1)
    return directory


@pytest.fixture
def run_dir(finished, tmp_path):
    """A directory in which a run is."""
    return shutil.copytree(finished, tmp_path / "run")


def status(run_dir):
    return json.loads((run_dir / "run.json").read_text())["status"]


def test_it_is_marked_and_can_be_loaded(tmp_path):
    run_dir = tmp_path / "run"
    press = Press(4)
    with pytest.raises(KeyboardInterrupt, match=r"kerastune\.load\(") as caught:
        train(run_dir, press)
    assert f"kerastune predict {run_dir} FILE" in str(caught.value)
    assert str(caught.value).startswith("Interrupted after step 4 of the stage 'gradient descent'")
    assert status(run_dir) == "interrupted"
    result = kerastune.load(run_dir)
    assert len(result.history.step_loss) == 4
    assert result.metrics == {}
    expected = press.model.predict(ROWS, verbose=0)
    np.testing.assert_allclose(
        result.model.predict(ROWS, verbose=0), expected, rtol=1e-5, atol=1e-6
    )
    assert result.predict(ROWS).shape == (24, 1)


@pytest.mark.any_backend
class TestWhatIsThere:
    def test_before_anything_was_trained_the_other_run_stays(self, run_dir, tmp_path):
        with pytest.raises(KeyboardInterrupt):
            train(run_dir, PressAtStart(), seed=2, overwrite=True)
        assert [path.name for path in tmp_path.iterdir()] == ["run"]
        assert status(run_dir) == "finished"
        assert "seed: 1" in (run_dir / "config.yaml").read_text()

    def test_later_both_are_kept_and_it_is_said(self, run_dir, tmp_path):
        (tmp_path / "run-before").mkdir()
        with pytest.raises(KeyboardInterrupt, match="to replace is kept in '.*run-before-2'"):
            train(run_dir, Press(2), seed=2, overwrite=True)
        assert status(run_dir) == "interrupted"
        assert "seed: 2" in (run_dir / "config.yaml").read_text()
        assert status(tmp_path / "run-before-2") == "finished"
        assert "seed: 1" in (tmp_path / "run-before-2" / "config.yaml").read_text()
        assert len(kerastune.load(run_dir).history.step_loss) == 2
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "run",
            "run-before",
            "run-before-2",
        ]
        # An interrupted run is replaced as any other.
        require_free(run_dir, overwrite=True)

    def test_a_second_time_it_stops_at_once_and_the_other_run_stays(self, run_dir, tmp_path):
        with pytest.raises(KeyboardInterrupt):
            train(run_dir, Press(2), Press(2), overwrite=True)
        assert [path.name for path in tmp_path.iterdir()] == ["run"]
        assert status(run_dir) == "finished"

    def test_while_it_is_measured_what_was_trained_is_kept(self, tmp_path, monkeypatch):
        monkeypatch.setattr(measuring, "outputs_of", lambda *_: signal.raise_signal(signal.SIGINT))
        with pytest.raises(KeyboardInterrupt, match=r"^Interrupted\. The run is kept in"):
            train(tmp_path / "run")
        assert status(tmp_path / "run") == "interrupted"
        assert len(kerastune.load(tmp_path / "run").history.epochs) == 3

    def test_so_is_what_was_pretrained(self, tmp_path):
        job = recipes.linear_regression.build(SAMPLES, epochs=1, batch_size=8)
        job.pretraining = recipes.linear_regression.build(SAMPLES, epochs=1, batch_size=8)
        job.pretraining.options["callbacks"] = [Press(1)]
        with pytest.raises(KeyboardInterrupt):
            job.run(run_dir=tmp_path / "run")
        assert kerastune.load(tmp_path / "run").history.stages[0]["steps"] == 1


@pytest.mark.any_backend
def test_the_command_says_what_to_do_and_exits_with_130(tmp_path, monkeypatch, capsys):
    fit = keras.Model.fit

    def fit_until_interrupted(model, *arguments, callbacks, **options):
        return fit(model, *arguments, callbacks=[*callbacks, Press(2)], **options)

    monkeypatch.setattr(keras.Model, "fit", fit_until_interrupted)
    arguments = ["--run_dir", str(tmp_path / "run"), "--epochs", "3", "--batch_size", "64"]
    assert main(["run", "linear_regression", *arguments]) == 130
    told = capsys.readouterr().err
    assert "Interrupted after step 2" in told
    assert f"kerastune predict {tmp_path / 'run'} FILE" in told
    assert status(tmp_path / "run") == "interrupted"
