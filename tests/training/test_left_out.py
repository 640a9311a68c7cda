"""Checkpoints without the base that is loaded again: small, exact, and refused beside another."""

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file

import kerastune
from kerastune import Plan, Stage
from kerastune.checkpoints import CheckpointFolder
from kerastune.errors import InputError
from kerastune.models.base_references import BaseReference, refer
from kerastune.training.left_out import left_out_of_checkpoints
from kerastune.tuning import LoRA

pytestmark = pytest.mark.first_backend

DRAWN = np.random.default_rng(0)
X = DRAWN.normal(size=(48, 4)).astype("float32")
Y = DRAWN.integers(0, 3, 48)
ADAPTERS = LoRA(rank=2, dropout=0.3, targets="wide")
HEAD = Stage("head", 1, 0.01, "head")
PLAN = Plan("lora", (HEAD, Stage("lora", 2, 0.01, "adapters", adapters=ADAPTERS, patience=1)))


class CutError(Exception):
    """What ends a training."""


class CutAfter(keras.callbacks.Callback):
    def __init__(self, steps):
        super().__init__()
        self.left = steps

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            raise CutError


def made(seed=3):
    keras.utils.set_random_seed(seed)
    inner = [
        keras.layers.Dense(100, "relu", name="wide"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.Dense(5, name="narrow"),
    ]
    body = keras.Sequential([keras.Input((4,)), *inner], name="body")
    refer(body, BaseReference("backbone", "named"))
    return keras.Sequential([body, keras.layers.Dense(3, name="logits")], name="model")


def trained(model, directory=None, callbacks=(), plan=PLAN, **options):
    if directory is not None:
        kept = {"every_steps": 1, "keep_last": 9}
        options |= {"checkpoint_directory": directory, "checkpoints": kept}
    return kerastune.fine_tune(
        model,
        (X, Y),
        plan=plan,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        validation_data=(X, Y),
        batch_size=16,
        callbacks=callbacks,
        verbose=0,
        **options,
    )


def test_a_training_goes_on_exactly_beside_the_base(tmp_path):
    # In the last stage, after an epoch whose weights an early stop would go back to.
    with pytest.raises(CutError):
        trained(made(), tmp_path, [CutAfter(8)])
    resumed = made()
    trained(resumed, tmp_path, resume="auto")
    expected = made()
    trained(expected)
    for ours, theirs in zip(resumed.weights, expected.weights, strict=True):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(theirs)
        )
    arrays = load_file(CheckpointFolder(tmp_path, 9).checkpoints()[0] / "arrays.safetensors")
    assert sum(array.size for array in arrays.values()) < 1000 < expected.count_params()


def test_only_what_no_stage_trains_is_left_out():
    model = made()
    wide, narrow = (model.get_layer("body").get_layer(name) for name in ("wide", "narrow"))
    later = Stage("later", 1, 0.01, "narrow | head")
    left_out = left_out_of_checkpoints(model, Plan("two", (HEAD, later)))
    norm = model.get_layer("body").get_layer("norm")
    expected = {id(weight) for weight in (*wide.weights, norm.gamma, norm.beta)}
    assert set(left_out) == expected
    # Which has changed since it was loaded, nobody could load again.
    wide.kernel.assign(np.ones((4, 100)))
    left_out = left_out_of_checkpoints(model, Plan("one", (HEAD,)))
    assert set(left_out) == expected - {id(wide.kernel)} | {id(one) for one in narrow.weights}


def test_another_base_is_refused(tmp_path):
    with pytest.raises(CutError):
        trained(made(), tmp_path, [CutAfter(2)])
    with pytest.raises(InputError, match="wide/kernel' is as before the training.*its base anew"):
        trained(made(seed=4), tmp_path, resume="auto")


def test_earlier_weights_are_restored_in_the_model_that_was_trained(tmp_path):
    model = made()
    trained(model, tmp_path)
    (lora_b,) = (weight for weight in model.weights if weight.name == "lora_b")
    assert keras.ops.convert_to_numpy(lora_b).any()
    assert kerastune.restore_checkpoint(model, tmp_path, 3) == 3  # The end of the first stage.
    assert not keras.ops.convert_to_numpy(lora_b).any()
