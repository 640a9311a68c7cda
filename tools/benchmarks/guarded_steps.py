"""What it costs that a step which is not finite moves nothing, by turns with and without it.

Trains a BERT of MiniLM's size some steps at a time, with the guard of `fine_tune` and without, the
order changing from round to round.

    KERAS_BACKEND=torch python tools/benchmarks/guarded_steps.py
"""

import argparse
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from statistics import median
from typing import Any

import keras
import numpy as np
from pages import Measured, publish, spread
from training_steps import minilm

import kerastune as kt
from kerastune.training import stage_training

_LEFT_OUT = 2  # Steps of each turn, of which the first compiles.

Guard = Callable[[keras.Model], AbstractContextManager[None]]


class Times(keras.callbacks.Callback):
    """When each step begins."""

    def __init__(self) -> None:
        super().__init__()
        self.begins: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.begins.append(time.perf_counter())


def turns(steps: int, rounds: int) -> dict[str, list[list[float]]]:
    """The seconds of the steps of each turn."""
    head = kt.heads.Classification(tuple("abcdefghij"))
    network = minilm()
    classes = np.random.default_rng(1).integers(0, 10, 32)
    batch = (network.inputs, np.eye(10, dtype="float32")[classes])
    x, y = keras.tree.map_structure(lambda one: np.concatenate([one] * steps), batch)
    model = kt.heads.attach(network.body(), head, pooling="mean")
    guards: dict[str, Guard] = {"with": stage_training.guarded_steps, "without": _unguarded}
    seconds: dict[str, list[list[float]]] = {name: [] for name in guards}
    for number in range(rounds):
        for name in list(guards) if number % 2 else reversed(guards):
            times = Times()
            stage_training.guarded_steps = guards[name]  # type: ignore[assignment]
            model.compile(loss=head.loss())
            plan = kt.tuning.full(epochs=1, learning_rate=1e-5)
            kt.fine_tune(model, (x, y), plan=plan, batch_size=32, callbacks=[times], verbose=0)
            seconds[name].append(np.diff(times.begins)[_LEFT_OUT:].tolist())
    return seconds


def _unguarded(_: keras.Model) -> AbstractContextManager[None]:
    return nullcontext()


def main() -> None:
    """Measure, print, and write the row of this backend to the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=9, help="of a turn (9)")
    parser.add_argument("--rounds", type=int, default=4, help="of both turns (4)")
    parser.add_argument("--write", action="store_true", help="to docs/benchmarks.md")
    options = parser.parse_args()
    found = turns(options.steps, options.rounds)
    pairs = zip(found["with"], found["without"], strict=True)
    every = {name: [step for turn in found[name] for step in turn] for name in found}
    row = (
        "minilm",
        keras.config.backend(),
        f"{1000 * median(every['with']):.4g} ms",
        f"{1000 * median(every['without']):.4g} ms",
        spread([median(ours) / median(theirs) for ours, theirs in pairs]),
        f"{min(every['with']) / min(every['without']):.2f}",
    )
    columns = ("network", "backend", "with the guard", "without")
    columns += ("ratio of medians by round", "ratio of the fastest steps")
    about = (
        "Time of a step of `fine_tune` with the guard by which a step that is not finite moves "
        "nothing ÷ time of one without it."
    )
    publish(Measured("Guarded steps", about, columns, [row]), keys=2, writes=options.write)


if __name__ == "__main__":
    main()
