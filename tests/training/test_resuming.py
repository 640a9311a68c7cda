"""A training that is cut off at any step and gone on with ends as without a break, bit for bit."""

import json
import os
import signal

import keras
import numpy as np
import pytest

import kerastune
from kerastune import Plan, Stage
from kerastune.checkpoints import CheckpointFolder, State
from kerastune.errors import InputError
from kerastune.training import TrainingInterrupted
from kerastune.tuning import LoRA

pytestmark = pytest.mark.first_backend

DRAWN = np.random.default_rng(0)
X = DRAWN.normal(size=(52, 4)).astype("float32")
Y = DRAWN.integers(0, 3, 52)
STEPS = 4  # An epoch, of batches of 16 and a last one of 4.
PLAN = Plan(
    "two",
    (
        Stage("head", 2, 0.01, "head", "one_cycle"),
        Stage("all", 3, 0.01, ema=0.9, patience=1, monitor="val_loss", weight_decay=0.1),
    ),
)
EVERY_STEP = {"every_steps": 1, "every_epoch": True, "keep_last": 3}


class CutError(Exception):
    """What ends a training in the place of a signal that cannot be caught."""


class CutAfter(keras.callbacks.Callback):
    """Ends a training after some steps, counted from 1."""

    def __init__(self, steps, act=None):
        super().__init__()
        self.left, self.act = steps, act

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            if self.act is None:
                raise CutError
            self.act()


def made():
    """A model with all that draws and counts: dropout and batch normalization."""
    keras.utils.set_random_seed(3)
    inner = [
        keras.layers.Dense(8, "relu", name="one"),
        keras.layers.Dropout(0.3),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.2),
    ]
    body = keras.Sequential([keras.Input((4,)), *inner], name="body")
    return keras.Sequential([body, keras.layers.Dense(3, name="logits")], name="model")


def trained(directory=None, callbacks=(), **options):
    """A model and its history, after a training that may go on."""
    model = made()
    settings = {"plan": PLAN, "batch_size": 16, "verbose": 0, **options}
    if directory is not None:
        given = {"checkpoints": EVERY_STEP, "resume": "auto", **options}
        settings |= {"checkpoint_directory": directory, **given}
    history = kerastune.fine_tune(
        model,
        (X, Y),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        validation_data=(X[:16], Y[:16]),
        callbacks=callbacks,
        **settings,
    )
    return model, history


@pytest.fixture(scope="module")
def uninterrupted():
    return trained()


def assert_same(resumed, uninterrupted):
    (model, history), (other, expected) = resumed, uninterrupted
    assert history.step_loss == expected.step_loss
    assert history.epochs == expected.epochs
    steps = [
        [(stage["stage"], stage["steps"]) for stage in one.stages] for one in (history, expected)
    ]
    assert steps[0] == steps[1]
    values = [[*one.variables, *one.optimizer.variables] for one in (model, other)]
    for ours, theirs in zip(*values, strict=True):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(theirs)
        )


def test_cut_off_in_epochs_and_stages(tmp_path, uninterrupted):
    # In an epoch, and at the first step of a stage.
    for steps in (2, 7):
        with pytest.raises(CutError):
            trained(tmp_path, [CutAfter(steps)])
    assert_same(trained(tmp_path), uninterrupted)


@pytest.mark.parametrize(
    "steps", [1, 8, 13, *(pytest.param(step, marks=pytest.mark.slow) for step in (4, 5, 9))]
)
def test_cut_off_once(tmp_path, uninterrupted, steps):
    with pytest.raises(CutError):
        trained(tmp_path, [CutAfter(steps)])
    assert_same(trained(tmp_path), uninterrupted)


def test_what_is_over_is_given_back(tmp_path, uninterrupted):
    def written():
        found = CheckpointFolder(tmp_path, 1).checkpoints()
        return [path.stat().st_mtime_ns for path in found]

    trained(tmp_path)
    before = written()
    assert_same(trained(tmp_path), uninterrupted)
    assert written() == before


def test_with_features_that_are_kept(tmp_path):
    options = {"plan": Plan("head", (Stage("head", 4, 0.01, "head"),)), "cache_features": "memory"}
    with pytest.raises(CutError):
        trained(tmp_path, [CutAfter(6)], **options)
    assert_same(trained(tmp_path, **options), trained(**options))


def test_gradients_that_are_accumulated(tmp_path):
    stage = Stage("all", 3, 0.01, "all", accumulate_gradients=3)
    options = {"plan": Plan("all", (stage,))}
    with pytest.raises(CutError):
        trained(tmp_path, [CutAfter(5)], **options)
    assert_same(trained(tmp_path, **options), trained(**options))


def test_draws_of_the_portable_stream(tmp_path):
    options = {"plan": Plan("all", (Stage("all", 3, 0.01),)), "random": "portable"}
    with pytest.raises(CutError):
        trained(tmp_path, [CutAfter(7)], **options)
    with pytest.raises(InputError, match=r'random "portable" \(now "backend"\)'):
        trained(tmp_path, **{**options, "random": "backend"})
    assert_same(trained(tmp_path, **options), trained(**options))


def test_callbacks_go_on(tmp_path):
    def options():
        reduces = keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=9.0)
        return {"plan": Plan("all", (Stage("all", 4, 0.01),)), "callbacks": [reduces]}

    first = options()
    with pytest.raises(CutError):
        trained(tmp_path, **{**first, "callbacks": [*first["callbacks"], CutAfter(10)]})
    assert_same(trained(tmp_path, **options()), trained(**options()))


@pytest.mark.parametrize(("number", "steps"), [(signal.SIGTERM, 6), (signal.SIGINT, 4)])
def test_signals_leave_a_checkpoint_of_the_step(tmp_path, uninterrupted, number, steps):
    usual = signal.getsignal(number)
    asks = CutAfter(steps, lambda: os.kill(os.getpid(), number))
    with pytest.raises(TrainingInterrupted) as caught:
        # None would be written before ten minutes are over.
        trained(tmp_path, [asks], checkpoints=None)
    assert caught.value.signal_number == number
    assert signal.getsignal(number) is usual
    (checkpoint,) = CheckpointFolder(tmp_path, 1).checkpoints()
    assert checkpoint.name == f"step-{steps:08d}"
    assert_same(trained(tmp_path), uninterrupted)


@pytest.mark.parametrize("steps", [5, 6])
def test_stages_of_steps(tmp_path, steps):
    plan = Plan("steps", (Stage("all", None, 0.01, steps=6), Stage("more", 1, 0.01)))
    asks = CutAfter(steps, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(TrainingInterrupted):
        trained(tmp_path, [asks], plan=plan)
    assert_same(trained(tmp_path, plan=plan), trained(plan=plan))


def test_a_checkpoint_of_another_form_is_refused(tmp_path):
    folder = CheckpointFolder(tmp_path, 1)
    folder.write(3, State({}, {"step": 3}))
    folder.close()
    with pytest.raises(InputError, match="of this version of kerastune.*without about, ages"):
        trained(tmp_path)


def test_a_damaged_checkpoint_is_told_and_the_one_before_used(tmp_path, uninterrupted, capsys):
    with pytest.raises(CutError):
        trained(tmp_path, [CutAfter(6)])
    newest = CheckpointFolder(tmp_path, 1).checkpoints()[-1]
    (newest / "arrays.safetensors").write_bytes(b"")
    found = trained(tmp_path, verbose=1)
    printed = " ".join(capsys.readouterr().out.split())
    assert f"{newest.name}' is damaged: arrays.safetensors is not what was written." in printed
    assert "Goes on after step 4 of the plan" in printed
    assert_same(found, uninterrupted)


def test_another_training_is_refused(tmp_path):
    with pytest.raises(CutError):
        trained(tmp_path, [CutAfter(3)])
    with pytest.raises(InputError, match=r"seed 0 \(now 1\)"):
        trained(tmp_path, seed=1)
    with pytest.raises(InputError, match=r"batch size 16 \(now 26\).*anyway"):
        trained(tmp_path, batch_size=26)
    _, history = trained(tmp_path, seed=1, resume="anyway")
    assert len(history.stages) == 2


@pytest.mark.parametrize("random", ["backend", "portable"])
def test_a_checkpoint_of_another_backend_is_told(tmp_path, capsys, random):
    with pytest.raises(CutError):
        trained(tmp_path, [CutAfter(3)], random=random, checkpoints={"every_steps": 2})
    folder = CheckpointFolder(tmp_path, 1)
    state, _ = folder.newest()
    state.values["random"]["backend"] = "another"
    folder.write(2, state)
    folder.close()
    trained(tmp_path, random=random, verbose=1)
    printed = " ".join(capsys.readouterr().out.split())
    assert "written on another." in printed
    assert ("not what it would draw on another" in printed) == (random == "backend")


def test_another_model_is_refused(tmp_path, monkeypatch):
    with pytest.raises(CutError):
        trained(tmp_path, [CutAfter(3)])
    wider = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(9, name="one"), keras.layers.Dense(3, name="logits")]
    )
    monkeypatch.setitem(globals(), "made", lambda: wider)
    with pytest.raises(InputError, match="a checkpoint of the same model"):
        trained(tmp_path)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"random": "foo"}, "'backend' or 'portable'. Received: 'foo'"),
        ({"resume": "auto"}, "checkpoint_directory with `checkpoints` or `resume`"),
        ({"checkpoint_directory": "x", "resume": "yes"}, "`resume` out of auto, anyway.*'yes'"),
        ({"checkpoint_directory": "x", "checkpoints": {"every": 1}}, "Received: 'every'"),
    ],
)
def test_what_cannot_be_asked_for(options, words):
    with pytest.raises(InputError, match=words):
        kerastune.fine_tune(made(), (X, Y), loss="mse", **options)


@pytest.mark.any_backend
def test_a_folder_with_checkpoints_is_not_overwritten(tmp_path):
    (tmp_path / "step-00000001").mkdir()
    with pytest.raises(InputError, match="resume='auto' to go on from them"):
        trained(tmp_path, resume=None)


@pytest.mark.any_backend
def test_a_data_set_that_makes_its_own_batches_is_refused(tmp_path):
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return X, keras.utils.to_categorical(Y, 3)

    with pytest.raises(InputError, match="a data set that makes its own batches"):
        kerastune.fine_tune(made(), Batches(), loss="mse", checkpoint_directory=tmp_path)


@pytest.mark.any_backend
def test_weights_that_are_not_finite_are_not_written(tmp_path):
    class Breaks(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                weight = self.model.weights[0]
                weight.assign(weight * float("nan"))

    with pytest.raises(InputError, match="a gradient that stay finite"):
        trained(tmp_path, [Breaks()], plan=Plan("all", (Stage("all", 2, 0.01),)))
    names = [path.name for path in CheckpointFolder(tmp_path, 1).checkpoints()]
    assert names == ["step-00000001", "step-00000002"]
    values = json.loads((tmp_path / names[0] / "values.json").read_text())
    assert values["state"]["step"] == 1


# On each backend: tests/integration/test_moving_on.py.
def test_adapters_that_draw_and_start_from_the_kernel(tmp_path):
    adapters = LoRA(rank=2, dropout=0.3, initialization="pissa", targets="one")
    head = Stage("head", 1, 0.01, "head")
    options = {"plan": Plan("lora", (head, Stage("lora", 2, 0.01, "adapters", adapters=adapters)))}
    with pytest.raises(CutError):
        trained(tmp_path, [CutAfter(6)], **options)
    resumed, expected = trained(tmp_path, **options), trained(**options)
    assert_same(resumed, expected)
    (model, _), kernel = resumed, made().weights[0]
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(model.weights[0]), keras.ops.convert_to_numpy(kernel)
    )
