"""A training whose process is killed, and which another process goes on with, on each backend."""

import subprocess
import sys

import pytest

from kerastune import backends

pytestmark = pytest.mark.any_backend

TRAINING = """
import os, signal

import numpy as np
import keras
import kerastune.training
from kerastune import Plan, Stage

x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
y = x[:, :1] - x[:, 1:2]
stages = (Stage("head", 1, 0.01, "head"), Stage("all", 3, 0.01, "all", ema=0.9))


class KillAt(keras.callbacks.Callback):
    # Without a chance to write or to close anything.
    def __init__(self, step):
        super().__init__()
        self.left = step

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)


def trained(callbacks=(), **options):
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Dense(8, "relu", name="one"), keras.layers.Dropout(0.5)]
    layers += [keras.layers.BatchNormalization(), keras.layers.Dense(1, name="logits")]
    model = keras.Sequential([keras.Input((4,)), *layers])
    settings = {"plan": Plan("two", stages), "loss": "mse", "batch_size": 16, "verbose": 0}
    history = kerastune.fine_tune(model, (x, y), callbacks=callbacks, **settings, **options)
    return history.step_loss, [keras.ops.convert_to_numpy(one) for one in model.variables]


KEPT = {"checkpoint_directory": "kept", "checkpoints": {"every_steps": 2}, "resume": "auto"}
child = os.fork()  # Before a framework is used, and after it is imported, which takes long.
if not child:
    trained([KillAt(9)], **KEPT)
    os._exit(0)
assert os.waitpid(child, 0)[1] == signal.SIGKILL
# The checkpoint of step 7 was perhaps still being written.
kept = sorted(one for one in os.listdir("kept") if one.startswith("step-"))
assert kept[-1] in ("step-00000005", "step-00000007"), kept
losses, values = trained(**KEPT)
expected_losses, expected_values = trained()
assert losses == expected_losses, (losses, expected_losses)
for one, other in zip(values, expected_values, strict=True):
    np.testing.assert_array_equal(one, other)
"""


# What goes on in another process is tested on each backend by `test_moving_on`, too.
@pytest.mark.parametrize(
    "backend",
    [
        "torch",
        pytest.param("tensorflow", marks=pytest.mark.slow),
        pytest.param("jax", marks=pytest.mark.slow),
    ],
)
def test_it_ends_as_without_the_kill(tmp_path, backend):
    """Between two checkpoints, in the middle of an epoch of the second stage."""

    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TRAINING],
        cwd=tmp_path,
        env=backends.environment_of(backend),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
