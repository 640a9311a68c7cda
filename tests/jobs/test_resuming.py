"""Runs that go on in their directory: the same result, and what is refused."""

import json

import keras
import pytest
import yaml

from kerastune import cli, recipes, restore_checkpoint
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

GIVEN = {
    "data": "wine",
    "epochs": 3,
    "widths": (8,),
    "dropout": 0.2,
    "validation_fraction": 0.2,
    "verbose": 0,
}
EVERY_STEP = {"every_steps": 1}


class StopAt(keras.callbacks.Callback):
    """Fails in a step, as a machine does."""

    def __init__(self, step):
        super().__init__()
        self.left = step

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            raise RuntimeError("the machine is gone")


def run(directory, **options):
    return recipes.tabular_classification(**{**GIVEN, "run_dir": directory, **options})


@pytest.fixture
def stopped(tmp_path):
    """The directory of a run that was cut off."""
    directory = tmp_path / "run"
    with pytest.raises(RuntimeError, match="the machine is gone"):
        run(directory, callbacks=[StopAt(5)], resume="auto", checkpoints=EVERY_STEP)
    return directory


def told(directory, name):
    return json.loads((directory / name).read_text(encoding="utf-8"))


def test_it_ends_as_without_the_break(stopped, tmp_path):
    assert told(stopped, "run.json")["status"] == "stopped"
    resumed = run(stopped, resume="auto", checkpoints=EVERY_STEP)
    whole = run(tmp_path / "whole")
    assert resumed.history.step_loss == whole.history.step_loss
    assert told(stopped, "metrics.json") == told(tmp_path / "whole", "metrics.json")
    assert told(stopped, "run.json")["status"] == "finished"
    assert not (stopped / "checkpoints").exists()
    assert "checkpoints" not in told(stopped, "run.json")["files"]
    assert "resume" not in yaml.safe_load((stopped / "config.yaml").read_text(encoding="utf-8"))


def test_the_same_command_starts_and_says_so(tmp_path, capsys):
    run(tmp_path / "run", resume="auto", verbose=1, epochs=1)
    assert "it starts." in capsys.readouterr().out


def test_other_options_are_refused_unless_they_are_to_hold(stopped, capsys):
    with pytest.raises(InputError, match=r"epochs 3 \(now 4\).*--resume anyway"):
        run(stopped, resume="auto", epochs=4)
    with pytest.raises(InputError, match=r"random backend \(now portable\)"):
        run(stopped, resume="auto", random="portable")
    assert told(stopped, "run.json")["status"] == "stopped"
    assert len(run(stopped, resume="anyway", epochs=4, verbose=1).history.epochs) == 4
    assert "epochs 3 (now 4). What is given now holds." in capsys.readouterr().out


def test_a_finished_run_is_given_back(tmp_path, capsys):
    first = run(tmp_path / "run", epochs=1)
    before = (tmp_path / "run" / "run.json").stat().st_mtime_ns
    again = run(tmp_path / "run", epochs=1, resume="auto", verbose=1)
    assert again.metrics == first.metrics
    assert (tmp_path / "run" / "run.json").stat().st_mtime_ns == before
    assert "is finished: nothing is left to do." in capsys.readouterr().out
    with pytest.raises(InputError, match=r"epochs 1 \(now 2\). Give the same, or another run_dir"):
        run(tmp_path / "run", epochs=2, resume="auto")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"run_dir": None}, "a run_dir with `resume`"),
        ({"overwrite": True}, "`resume` without overwrite"),
        ({"repeats": 2}, "`resume` without repeats=2"),
        ({"resume": "always"}, "resume out of auto, anyway. Received: resume='always'"),
        ({"random": "foo"}, "random out of backend, portable. Received: random='foo'"),
        ({"checkpoints": 3}, "checkpoints as {every_steps: 100}"),
        ({"checkpoints": {"every": 3}}, "Received: 'every'"),
    ],
)
def test_what_cannot_be_asked_for(tmp_path, options, words):
    with pytest.raises(InputError, match=words):
        run(**{"directory": tmp_path / "run", "resume": "auto", **options})


@pytest.mark.parametrize("name", ["thesis.txt", "run.json"])
def test_a_directory_with_something_else(tmp_path, name, capsys):
    (tmp_path / name).write_text("{}")
    arguments = ["run", "tabular_classification", "--data", "wine", "--run_dir", str(tmp_path)]
    assert cli.main([*arguments, "--resume", "auto"]) == 2
    said = capsys.readouterr().err
    assert "run_dir that is new or holds a run" in said
    assert "Traceback" not in said
    assert (tmp_path / name).read_text() == "{}"


def test_the_best_checkpoint_stays(tmp_path):
    kept = {"keep_best": "val_loss", "keep_last": 1}
    result = run(tmp_path / "run", epochs=4, learning_rate=0.5, checkpoints=kept)
    losses = [epoch["val_loss"] for epoch in result.history.epochs]
    best = losses.index(min(losses))
    steps = result.history.epochs[best]["steps"]
    names = [path.name for path in (tmp_path / "run" / "checkpoints" / "training").glob("step-*")]
    assert names == [f"step-{steps:08d}"]
    assert restore_checkpoint(result.model, tmp_path / "run", "best") == steps
    assert told(tmp_path / "run", "run.json")["status"] == "finished"
    assert "checkpoints" in told(tmp_path / "run", "run.json")["files"]


def test_the_best_of_what_is_not_measured(tmp_path):
    with pytest.raises(InputError, match=r"`keep_best` out of .*loss.*Received: 'val_los'"):
        run(tmp_path / "run", checkpoints={"keep_best": "val_los"})
