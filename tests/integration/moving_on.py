"""One process of the test of moving on: trains on this backend, from nothing or a checkpoint.

python tests/integration/moving_on.py

Reads a line of JSON for each training, see `train`, and answers with a line of its own.
"""

import json
import shutil
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers

import kerastune
from kerastune import Plan, Stage
from kerastune.backends import random_from
from kerastune.tuning import LoRA

DRAWN = np.random.default_rng(0)
SAMPLES, BATCH = 130, 16  # Batches of an epoch: eight whole ones and two samples.
X = DRAWN.normal(size=(SAMPLES, 6, 6, 2)).astype("float32")
Y = (X[:, :3].mean((1, 2, 3)) > X[:, 3:].mean((1, 2, 3))).astype("int32")
HEAD_STEPS, STEPS = 8, 70
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
            adapters=LoRA(rank=2, dropout=0.2, targets="hidden"),
        ),
    ),
)


def made() -> keras.Model:
    """A model whose layers flip images, add noise and drop, and whose weights are drawn alike."""
    keras.utils.set_random_seed(3)
    inner = [
        layers.RandomFlip("vertical"),
        layers.Flatten(),
        layers.GaussianNoise(0.1),
        layers.Dense(8, "relu", name="hidden"),
        layers.BatchNormalization(),
        layers.Dropout(0.3),
    ]
    body = keras.Sequential([keras.Input((6, 6, 2)), *inner], name="body")
    return keras.Sequential([body, layers.Dropout(0.2, seed=5), layers.Dense(2, name="logits")])


def train(result: str, checkpoint: str = "") -> None:
    """Trains a new model, from a checkpoint where one is given.

    Args:
        result: str, a folder for the checkpoints, with the losses and weights in `end.npz`.
        checkpoint: str, the folder of one checkpoint, which is copied.
    """
    folder = Path(result)
    if checkpoint:
        shutil.copytree(checkpoint, folder / Path(checkpoint).name)
    with random_from("portable"):
        model = made()
    history = kerastune.fine_tune(
        model,
        (X, Y),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        plan=PLAN,
        batch_size=BATCH,
        random="portable",
        checkpoint_directory=folder,
        checkpoints={"every_steps": 10, "keep_last": STEPS},
        resume="auto",
        verbose=0,
    )
    values = [*model.variables, *model.optimizer.variables]
    arrays = {str(place): keras.ops.convert_to_numpy(one) for place, one in enumerate(values)}
    np.savez(folder / "end.npz", losses=np.array(history.step_loss), **arrays)


if __name__ == "__main__":
    for line in sys.stdin:
        train(**json.loads(line))
        print("done", flush=True)
