"""What a text classifier reaches and how long it takes, against the Trainer of Transformers.

Both fine-tune MiniLM on the docstring sentences and are tested on the same 692. The recipe takes
the settings of `make demo`, with its three epochs and with two. The Trainer trains everything, by
default at its own rate, for its own epochs and in its own precision, in batches of 32 by length.
Seconds are those of the whole call, from loading the weights to the test, in which the recipe
reads the data and has its baselines, report and stored run, too. Needs
`pip install transformers accelerate`.

    KERAS_BACKEND=torch python tools/benchmarks/against_trainer.py --write
"""

import argparse
import contextlib
import io
import tempfile
import time
from collections.abc import Callable
from functools import partial
from statistics import mean, stdev

import keras
from pages import Measured, publish, spread
from trainers import trainer, training_arguments

import kerastune as kt
from kerastune import recipes

_DEMO = {"precision": "auto", "group_by_length": True, "plan": "linear_probe_then_last"}
_OWN = {"kerastune": 3, "kerastune, 2 epochs": 2}


def by_recipe(seed: int, *, epochs: int) -> float:
    """The test accuracy of the recipe, in per cent."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        result = recipes.text_classification(
            seed=seed, epochs=epochs, run_dir=f"{folder}/run", **_DEMO
        )
    return 100 * result.metrics["accuracy"]


def by_trainer(seed: int, *, job: kt.Job, learning_rate: float, epochs: int, bf16: bool) -> float:
    """The test accuracy of the Trainer on the samples of a job, in per cent."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = training_arguments(
            folder,
            seed=seed,
            learning_rate=learning_rate,
            num_train_epochs=epochs,
            bf16=bf16,
            per_device_train_batch_size=32,
            per_device_eval_batch_size=64,
        )
        trained = trainer(job, arguments)
        trained.train()
        return 100 * trained.evaluate()["eval_accuracy"]


def timed(train: Callable[[int], float], seed: int) -> tuple[float, float]:
    """What a training reaches, and its seconds."""
    start = time.perf_counter()
    return train(seed), time.perf_counter() - start


def row_of(name: str, found: dict[str, list[tuple[float, float]]]) -> tuple[str, ...]:
    """The row of one contestant: its accuracies and seconds, and our shares of its seconds."""
    reached, seconds = zip(*found[name], strict=True)
    own = [[one for _, one in found[of]] for of in _OWN]
    return (
        name,
        keras.config.backend(),
        ", ".join(f"{one:.1f}" for one in reached),
        f"{mean(reached):.1f} ± {stdev(reached):.1f} %" if len(reached) > 1 else "–",
        f"{mean(seconds):.0f} s",
        *(spread([a / b for a, b in zip(ours, seconds, strict=True)]) for ours in own),
    )


def main() -> None:
    """Train by turns, print, and write the rows to the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--rates", nargs="+", type=float, default=[5e-5], help="of the Trainer")
    parser.add_argument(
        "--bfloat16_rates", nargs="*", type=float, default=[], help="of it in bfloat16, too"
    )
    parser.add_argument("--epochs", type=int, default=3, help="of the Trainer")
    parser.add_argument("--write", action="store_true", help="to docs/benchmarks.md")
    options = parser.parse_args()
    # Beforehand, as its network is no part of what the Trainer does.
    job = recipes.text_classification.build()
    turns = {name: partial(by_recipe, epochs=epochs) for name, epochs in _OWN.items()} | {
        f"Trainer, {options.epochs} epochs, rate {rate:g}{', bfloat16' if bf16 else ''}": partial(
            by_trainer, job=job, learning_rate=rate, epochs=options.epochs, bf16=bf16
        )
        for bf16, rates in ((False, options.rates), (True, options.bfloat16_rates))
        for rate in rates
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in turns}
    for seed in options.seeds:
        for name, train in turns.items():
            found[name].append(timed(train, seed))
            print(seed, name, found[name][-1], flush=True)
    rows = [row_of(name, found) for name in found]
    measured = Measured(
        "Accuracy and time",
        "Test accuracy and seconds of fine-tuning MiniLM on the docstring sentences, from loading "
        "its weights to the test, by the settings of `make demo`, also with two epochs in place of "
        "three, and by the Trainer of Transformers, which trains everything. The last columns are "
        "the seconds of kerastune ÷ those of the row, median and quartiles over the seeds.",
        (
            "trained by",
            "on",
            "accuracy by seed, %",
            "mean",
            "seconds",
            "share of kerastune",
            "of its two epochs",
        ),
        rows,
    )
    publish(measured, keys=2, writes=options.write)


if __name__ == "__main__":
    main()
