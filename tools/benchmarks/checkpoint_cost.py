"""What a checkpoint costs a training, beside those of Keras' own callbacks.

Each contestant trains a BERT of MiniLM's size (22.7 million parameters, 32 texts of 64 tokens,
AdamW) in a process of its own and writes checkpoints as it goes. What they cost is the time
of the training beyond its usual steps, whose median leaves out those near a checkpoint.

    KERAS_BACKEND=torch python tools/benchmarks/checkpoint_cost.py
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from pages import Measured, publish
from training_steps import minilm

import kerastune as kt

EVERY, CHECKPOINTS = 15, 3
"""Steps from one checkpoint to the next, and how many there are."""

ASKED = 100
"""The steps between checkpoints for which the share is told."""


class Times(keras.callbacks.Callback):
    """When each step has ended, with everything that other callbacks do."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[float] = []
        self.peak = 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.ends.append(time.perf_counter())


def trained(contestant: str) -> dict[str, Any]:
    """Trains with one kind of checkpoint, and returns the seconds of each step and the peak."""
    head = kt.heads.Classification(tuple("abcdefghij"))
    network = minilm()
    keras.utils.set_random_seed(0)
    model = kt.heads.attach(network.body(), head, pooling="mean")
    steps = EVERY * CHECKPOINTS + EVERY
    count = len(keras.tree.flatten(network.inputs)[0])
    classes = np.random.default_rng(1).integers(0, 10, count)
    batch = (network.inputs, np.eye(10, dtype="float32")[classes])
    x, y = keras.tree.map_structure(lambda one: np.concatenate([one] * steps), batch)
    times = Times()
    with tempfile.TemporaryDirectory() as folder:
        if contestant.startswith("kerastune"):
            model.compile(loss=head.loss())
            given: dict[str, Any] = {}
            if "checkpoints" in contestant:
                given = {"checkpoint_directory": folder, "checkpoints": {"every_steps": EVERY}}
            plan = kt.tuning.full(epochs=1, learning_rate=1e-4)
            kt.fine_tune(
                model, (x, y), plan=plan, batch_size=count, callbacks=[times], verbose=0, **given
            )
        else:
            model.compile(keras.optimizers.AdamW(1e-4), head.loss(), jit_compile="auto")
            callbacks = [*_callbacks(contestant, folder), times]
            model.fit(x, y, batch_size=count, shuffle=False, verbose=0, callbacks=callbacks)
    seconds = np.diff(times.ends)
    return {"seconds": seconds.tolist(), "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


def _callbacks(contestant: str, folder: str) -> list[keras.callbacks.Callback]:
    """Those of Keras."""
    if contestant == "BackupAndRestore":
        return [keras.callbacks.BackupAndRestore(folder, save_freq=EVERY)]
    if contestant == "ModelCheckpoint":
        path = str(Path(folder) / "model.keras")
        return [keras.callbacks.ModelCheckpoint(path, save_freq=EVERY)]
    return []


CONTESTANTS = {
    "kerastune checkpoints": "kerastune without",
    "BackupAndRestore": "fit without",
    "ModelCheckpoint": "fit without",
}


def cost(seconds: list[float]) -> tuple[float, float, float]:
    """Returns the usual step, what a checkpoint adds to the training, and the longest step."""
    measured = np.array(seconds[3:])  # The first ones compile.
    near = np.arange(3, len(seconds)) % EVERY
    usual = float(np.median(measured[(near > 5) & (near < EVERY - 1)]))
    added = (measured - usual).sum() / CHECKPOINTS
    return usual, float(added), float(measured.max())


def main() -> None:
    """Measure, print, and write the rows of this backend to the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contestant", choices=(*CONTESTANTS, *CONTESTANTS.values()))
    parser.add_argument("--write", action="store_true", help="to docs/benchmarks.md")
    options = parser.parse_args()
    if options.contestant:
        print(json.dumps(trained(options.contestant)))
        return
    found = {}
    for name in dict.fromkeys((*CONTESTANTS.values(), *CONTESTANTS)):
        command = [sys.executable, __file__, "--contestant", name]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found[name] = json.loads(done.stdout.splitlines()[-1])
    rows = []
    for name, without in CONTESTANTS.items():
        usual, added, longest = cost(found[name]["seconds"])
        noise = cost(found[without]["seconds"])[1]
        more = (found[name]["peak"] - found[without]["peak"]) / 1024
        rows.append(
            (
                name,
                keras.config.backend(),
                f"{usual:.2f} s",
                f"{added:.2f} s ({noise:.2f} s without any)",
                f"{100 * added / (ASKED * usual):.1f} %",
                f"{longest - usual:.2f} s",
                f"{more:.0f} MiB",
            )
        )
    columns = ("checkpoints by", "backend", "usual step", "a checkpoint adds")
    columns += (f"of {ASKED} steps", "longest stall", "more peak memory")
    about = (
        "A BERT of MiniLM's size, 32 texts of 64 tokens, AdamW: 22.7 million parameters, a state "
        f"of 272 MB. A checkpoint every {EVERY} steps, and what it adds to the training as a share "
        f"of {ASKED} steps."
    )
    publish(Measured("Checkpoints", about, columns, rows), keys=2, writes=options.write)


if __name__ == "__main__":
    main()
