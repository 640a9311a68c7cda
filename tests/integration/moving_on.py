"""One process of the test of moving on: trains on this backend, from nothing or a checkpoint.

python tests/integration/moving_on.py

Reads a line of JSON for each training, see `train`, and answers with a line of its own.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers

import kerastune
from kerastune import Plan, Stage
from kerastune.backends import random_from

sys.path.insert(0, str(Path(__file__).parents[2]))

DRAWN = np.random.default_rng(0)
SAMPLES, BATCH = 130, 16  # Batches of an epoch: eight whole ones and two samples.
X = DRAWN.normal(size=(SAMPLES, 6, 6, 2)).astype("float32")
Y = (X[:, :3].mean((1, 2, 3)) > X[:, 3:].mean((1, 2, 3))).astype("int32")
HEAD_STEPS, STEPS = 15, 70
PLAN = Plan(
    "two",
    (
        Stage("head", None, 0.02, "head", steps=HEAD_STEPS),
        Stage(
            *("all", None, 0.01, "all", "one_cycle"),
            steps=STEPS - HEAD_STEPS,
            ema=0.9,
            accumulate_gradients=2,
            weight_decay=0.01,
        ),
    ),
)


def made() -> keras.Model:
    """A model that draws in all ways that recipes do, new weights too."""
    keras.utils.set_random_seed(3)
    inner = [
        layers.RandomFlip("vertical"),
        layers.GaussianNoise(0.1),
        layers.Conv2D(3, 3, activation="relu"),
        layers.SpatialDropout2D(0.2),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dropout(0.3, seed=5),
    ]
    body = keras.Sequential([keras.Input((6, 6, 2)), *inner], name="body")
    return keras.Sequential([body, layers.Dropout(0.2), layers.Dense(2, name="logits")])


class StoppedError(Exception):
    """What ends a training in the place of a signal that cannot be caught."""


class StopAfter(keras.callbacks.Callback):
    """Ends a training after some steps."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.left = steps

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.left -= 1
        if not self.left:
            raise StoppedError


def train(directory: str, result: str, stop_after: int = 0) -> None:
    """Trains in a directory, from the checkpoint in it if there is one.

    Args:
        directory: str, of the checkpoints.
        result: str, a file to which the losses and the weights are written.
        stop_after: int, the steps after which the process is as good as killed.
    """
    with random_from("portable"):
        model = made()
    callbacks = [StopAfter(stop_after)] if stop_after else []
    try:
        history = kerastune.fine_tune(
            model,
            (X, Y),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            plan=PLAN,
            batch_size=BATCH,
            random="portable",
            checkpoint_directory=directory,
            checkpoints={"every_steps": 10, "keep_last": 1},
            resume="auto",
            callbacks=callbacks,
            verbose=0,
        )
    except StoppedError:
        return
    weights = {
        f"{place:03} {weight.path}": keras.ops.convert_to_numpy(weight)
        for place, weight in enumerate([*model.variables, *model.optimizer.variables])
    }
    np.savez(result, losses=np.array(history.step_loss), **weights)


if __name__ == "__main__":
    for line in sys.stdin:
        train(**json.loads(line))
        print("done", flush=True)
