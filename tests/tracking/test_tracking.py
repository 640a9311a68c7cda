"""Trackers are told the curves of all stages, settings, pictures and files of a run."""

import json
import os
import struct
import subprocess
import sys

import keras
import pytest

from kerastune import cli, recipes
from kerastune.errors import InputError, MissingExtraError
from kerastune.tracking import TRACKERS, TrackedEpochs, Tracker, tracked, tracker_names
from kerastune.training.callback_counts import read_callback, set_callback

pytestmark = pytest.mark.any_backend

TWO_STAGES = {
    "format": 2,
    "name": "two_stages",
    "stages": [
        {"name": "first", "epochs": 2, "learning_rate": 0.1, "optimizer": "sgd"},
        {"name": "second", "epochs": 1, "learning_rate": 0.01, "optimizer": "sgd"},
    ],
}


def run(tmp_path, **more):
    chosen = {"plan": TWO_STAGES, "run_dir": tmp_path / "run", "verbose": 0, "batch_size": 64}
    return recipes.linear_regression("diabetes", **{**chosen, **more})


def events_in(folder):
    """The records of TensorBoard's files: a length, its sum, what it holds, and another sum."""
    from tensorboard.compat.proto import event_pb2

    found = []
    for file in sorted(folder.iterdir()):
        content, place = file.read_bytes(), 0
        while place < len(content):
            (size,) = struct.unpack_from("<Q", content, place)
            found.append(event_pb2.Event.FromString(content[place + 12 : place + 12 + size]))
            place += 16 + size
    return found


def test_tensorboard_is_told_the_steps_of_all_stages(tmp_path, capsys):
    result = run(tmp_path, tracker="tensorboard", validation_fraction=0.2)
    events = events_in(tmp_path / "run" / "tensorboard")
    curves, pictures, tags = {}, {}, set()
    for event in events:
        for value in event.summary.value:
            tags.add(value.tag)
            if value.HasField("image"):
                pictures[value.tag] = value.image.encoded_image_string
            elif value.HasField("simple_value"):
                curves.setdefault(value.tag, []).append((event.step, value.simple_value))
    history = result.history.epochs
    expected = [(one["steps"], one["loss"]) for one in history]
    assert [step for step, _ in curves["training/loss"]] == [step for step, _ in expected]
    assert [loss for _, loss in curves["training/loss"]] == pytest.approx(
        [loss for _, loss in expected]
    )
    assert len(curves["validation/loss"]) == 3
    rates = [rate for _, rate in curves["training/learning_rate"]]
    assert rates == pytest.approx([0.1, 0.1, 0.01])
    assert curves["test/r2"] == [(expected[-1][0], pytest.approx(result.metrics["r2"]))]
    assert pictures["learning_curves"].startswith(b"\x89PNG")
    assert {"_hparams_/session_start_info", "_hparams_/session_end_info"} <= tags
    assert "tensorboard" in json.loads((tmp_path / "run" / "run.json").read_text())["files"]
    capsys.readouterr()


class Kept(Tracker):
    """Keeps what it is told."""

    made = ()

    def __init__(self, *told):
        super().__init__(*told)
        self.calls = []
        Kept.made = (*Kept.made, self)

    @property
    def identity(self):
        return "one"

    def log(self, values, step):
        self.calls.append(("log", step, set(values)))

    def files(self, paths):
        self.calls.append(("files", {path.name for path in paths}))

    def ended(self, status):
        self.calls.append(("ended", status))


class Failing(Kept):
    def log(self, values, step):
        raise OSError("the disk is full")


@pytest.fixture
def kept(monkeypatch):
    Kept.made = ()
    monkeypatch.setitem(TRACKERS, "kept", Kept)
    monkeypatch.setitem(TRACKERS, "failing", Failing)
    return Kept


def test_a_tracker_that_fails_is_left_out_and_the_run_goes_on(tmp_path, kept):
    with pytest.warns(UserWarning, match="failing is told no more of this run: .*disk is full"):
        run(tmp_path, tracker="failing,kept")
    failing, good = kept.made
    assert failing.calls == []
    assert good.calls[-1] == ("ended", "finished")
    assert ("files", {"config.yaml", "environment.json", "metrics.json", "report.html"}) in [
        (name, *(set(one) - {"history.json"} for one in rest))
        for name, *rest in good.calls
        if name == "files"
    ]
    assert good.settings["seed"] == 0
    assert good.settings["tracker"] == "failing,kept"


def test_a_run_that_fails_is_told_and_one_that_goes_on_is_known_again(tmp_path, kept):
    class BrokenError(Exception):
        pass

    with pytest.raises(BrokenError), tracked("kept", tmp_path, "run", {"a": {"b": 1}}):
        raise BrokenError
    with pytest.raises(KeyboardInterrupt), tracked("kept", tmp_path, "run", {}):
        raise KeyboardInterrupt
    first, second = kept.made
    assert (first.former, second.former) == (None, "one")
    assert first.calls == [("ended", "failed")]
    assert second.calls == [("ended", "interrupted")]
    assert first.settings == {"a.b": 1}


def test_steps_go_on_from_a_checkpoint():
    told = []
    epochs = TrackedEpochs(lambda values, step: told.append(step))
    for batch in range(3):
        epochs.on_train_batch_end(batch)
    state = json.loads(json.dumps(read_callback(epochs, 0, {})))
    again = TrackedEpochs(lambda values, step: told.append(step))
    set_callback(again, state, 0, {}, keras.Sequential([]))
    again.on_train_batch_end(0)
    again.on_epoch_end(0, {"loss": 1.0})
    assert told == [4]


@pytest.mark.parametrize("tracker", ["tensorbord", "tensorboard,tensorboard", ""])
def test_what_is_no_tracker_is_told_before_anything_is_trained(tmp_path, tracker):
    with pytest.raises(InputError, match="Expected trackers out of tensorboard, mlflow, wandb"):
        tracker_names(tracker)
    with pytest.raises(InputError, match="Expected trackers"):
        run(tmp_path, tracker=tracker)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("tracker", "module"),
    [("tensorboard", "tensorboard"), ("mlflow", "mlflow"), ("wandb", "wandb")],
)
def test_a_library_that_is_missing_is_named(tmp_path, monkeypatch, tracker, module):
    monkeypatch.setitem(sys.modules, module, None)
    for name in [name for name in sys.modules if name.startswith(f"{module}.")]:
        monkeypatch.delitem(sys.modules, name)
    with (
        pytest.raises(MissingExtraError, match=rf"\[{tracker}\]"),
        tracked(tracker, tmp_path, "run", {}),
    ):
        pass


def test_the_command_says_in_one_line_what_is_wrong(tmp_path, capsys):
    arguments = ["linear_regression", "--tracker", "mlfow", "--run_dir", str(tmp_path / "run")]
    assert cli.main(["run", *arguments]) == 2
    error = capsys.readouterr().err
    assert "'mlfow'" in error
    assert "mlflow" in error
    assert "Traceback" not in error


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_mlflow_is_told_curves_settings_and_files(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    result = run(tmp_path, tracker="mlflow")
    known = json.loads((tmp_path / "run" / "trackers.json").read_text())
    client = mlflow.MlflowClient()
    found = client.get_run(known["mlflow"])
    assert found.info.status == "FINISHED"
    assert found.data.params["seed"] == "0"
    curve = client.get_metric_history(known["mlflow"], "training/loss")
    assert [one.step for one in curve] == [one["steps"] for one in result.history.epochs]
    assert found.data.metrics["test/r2"] == pytest.approx(result.metrics["r2"])
    sent = {one.path for one in client.list_artifacts(known["mlflow"])}
    assert {"report.html", "metrics.json", "pictures"} <= sent


@pytest.mark.slow
def test_wandb_keeps_a_run_offline(tmp_path):
    pytest.importorskip("wandb")
    # Its service and the threads that talk to it end with the process.
    command = [sys.executable, "-m", "kerastune", "run", "linear_regression", "--epochs", "2"]
    more = ["--tracker", "wandb", "--run_dir", str(tmp_path / "run")]
    environment = {name: value for name, value in os.environ.items() if name != "WANDB_MODE"}
    ended = subprocess.run(
        [*command, *more], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "wandb sync" in ended.stdout
    known = json.loads((tmp_path / "run" / "trackers.json").read_text())
    (file,) = (tmp_path / "run" / "wandb").glob("offline-run-*/run-*.wandb")
    assert known["wandb"] in file.name
    content = file.read_bytes()
    for word in (b"training/loss", b"test/r2", b"learning_curves", b"report.html"):
        assert word in content


def test_a_library_that_is_missing_is_named_before_there_is_a_run(tmp_path, monkeypatch):
    monkeypatch.setattr("kerastune.tracking.tracked_run.package_folder", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"\[tensorboard\]"):
        run(tmp_path, tracker="tensorboard")
    assert not (tmp_path / "run").exists()
