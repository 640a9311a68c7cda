"""The weights of a checkpoint in a model that does not go on with its training."""

import keras
import numpy as np
import pytest

from kerastune import restore_checkpoint
from kerastune.checkpoints import CheckpointFolder, State
from kerastune.checkpoints.best import best_step
from kerastune.checkpoints.variables import read_variables
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


def network(units=1):
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(units, name="logits")])


@pytest.fixture
def folder(tmp_path):
    """Three checkpoints, of which the first is the best; weights are the number of the step."""
    model = network()
    made = CheckpointFolder(tmp_path, keep_last=2)
    with made.locked():
        for step in (1, 2, 3):
            for weight in model.weights:
                weight.assign(keras.ops.full(weight.shape, float(step)))
            arrays, told = read_variables("model", model.variables)
            values = {"variables": {"model": told}, "history": {"step_loss": [0.5] * step}}
            made.write(step, State(arrays, {**values, "best_step": 1}), keeps=1)
        made.wait()
    return tmp_path


@pytest.mark.parametrize(("step", "expected"), [(None, 3), ("best", 1), (2, 2)])
def test_each_step(folder, step, expected):
    model = network()
    assert restore_checkpoint(model, folder, step) == expected
    assert keras.ops.convert_to_numpy(model.weights[0]).tolist() == [[expected], [expected]]


@pytest.mark.parametrize(
    ("step", "words"),
    [(4, "a step out of 1, 2, 3"), ("last", "out of 1, 2, 3.*Received: 'last'"), (True, "True")],
)
def test_there_is_no_such_step(folder, step, words):
    with pytest.raises(InputError, match=words):
        restore_checkpoint(network(), folder, step)


def test_another_model_stays_as_it_is(folder):
    model = network(units=2)
    before = keras.ops.convert_to_numpy(model.weights[0]).copy()
    with pytest.raises(InputError, match="checkpoint of the same model"):
        restore_checkpoint(model, folder)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model.weights[0]), before)


def test_no_checkpoints(tmp_path):
    with pytest.raises(InputError, match="a folder with checkpoints"):
        restore_checkpoint(network(), tmp_path / "none")


def test_a_damaged_one_by_its_step(folder):
    (folder / "step-00000002" / "values.json").write_text("{}")
    with pytest.raises(InputError, match="a checkpoint that is whole.*step-00000002"):
        restore_checkpoint(network(), folder, 2)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("val_loss", 8), ("accuracy", 4), ("mean_absolute_error", 8), (None, None)],
)
def test_the_best_epoch(metric, expected):
    epochs = [
        {"steps": 4, "val_loss": 0.5, "accuracy": 0.9, "mean_absolute_error": 2.0},
        {"steps": 8, "val_loss": 0.4, "accuracy": 0.9, "mean_absolute_error": 1.0},
        {"steps": 12, "val_loss": float("nan"), "accuracy": 0.8, "mean_absolute_error": 1.0},
    ]
    assert best_step(epochs, metric) == expected
