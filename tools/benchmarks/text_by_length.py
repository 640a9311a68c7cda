"""Training on texts in batches of similar length, against padding all to one length.

MiniLM is trained whole on the docstring sentences, an epoch a turn: each text padded to what the
longest need, by similar lengths (`group_by_length`), and on PyTorch by the Trainer of Transformers
with its own grouping, too. Tokens are counted without padding. Left out are the first step of each
shape, which is compiled, and the start. Needs `pip install transformers accelerate` on PyTorch.

    KERAS_BACKEND=torch python tools/benchmarks/text_by_length.py --write
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import keras
import numpy as np
from pages import Measured, publish, spread
from trainers import trainer, training_arguments

import kerastune as kt
from kerastune import recipes
from kerastune.training.samples import training_samples

_RATE = 1e-4
_BATCH = 32


class Clock(keras.callbacks.Callback):
    """The end of each step."""

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        self.ends = [time.perf_counter()]

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        float(logs["loss"])
        self.ends.append(time.perf_counter())


def ours(steps: int, *, group_by_length: bool) -> Callable[[], float]:
    """An epoch of `fine_tune`, which gives tokens a second."""
    job = recipes.text_classification.build(
        plan="full", epochs=1, learning_rate=_RATE, group_by_length=group_by_length
    )
    training = training_samples(job.splits.training, job.prepare, job.head, _BATCH)
    plan = kt.Plan("turn", (kt.Stage("all", steps=steps, learning_rate=_RATE),))

    def turn() -> float:
        clock = Clock()
        kt.training.run_plan(
            job.model,
            plan,
            job.head,
            kt.data.Splits(job.splits.training, job.splits.test),
            job.prepare,
            batch_size=_BATCH,
            seed=0,
            callbacks=[clock],
        )
        batches = training.shuffled(0, 0)["x"]
        masks = [batch[0]["padding_mask"] for batch, _ in zip(batches, range(steps), strict=False)]
        shapes: set[Any] = set()
        tokens, seconds = 0, 0.0
        for mask, taken in zip(masks, np.diff(clock.ends), strict=True):
            if mask.shape in shapes:
                tokens, seconds = tokens + int(np.sum(mask)), seconds + taken
            shapes.add(mask.shape)
        return tokens / seconds

    return turn


def by_transformers(steps: int) -> Callable[[], float]:
    """An epoch of the Trainer of Transformers with its grouping, which gives tokens a second."""
    import transformers

    job = recipes.text_classification.build()

    class Counted(transformers.Trainer):
        """A Trainer that counts tokens and seconds of all steps but the first."""

        tokens, seconds, done = 0, 0.0, 0

        def training_step(self, model: Any, inputs: Any, *others: Any, **named: Any) -> Any:
            now = time.perf_counter()
            if self.done:
                self.seconds += now - self.last
                self.tokens += self.held
            self.last, self.done = now, self.done + 1
            self.held = int(inputs["attention_mask"].sum()) if self.done > 1 else 0
            return super().training_step(model, inputs, *others, **named)

    def turn() -> float:
        with tempfile.TemporaryDirectory() as folder:
            arguments = training_arguments(
                folder, max_steps=steps, per_device_train_batch_size=_BATCH, learning_rate=_RATE
            )
            counted = trainer(job, arguments, Counted)
            counted.train()
        return counted.tokens / counted.seconds

    return turn


def main() -> None:
    """Measure by turns, print, and write the rows of this backend to the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=61, help="of a turn (61, an epoch)")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="to docs/benchmarks.md")
    options = parser.parse_args()
    turns = {
        "by similar lengths": ours(options.steps, group_by_length=True),
        "padded to one length": ours(options.steps, group_by_length=False),
    }
    if keras.config.backend() == "torch":
        turns["Transformers, by similar lengths"] = by_transformers(options.steps)
    found: dict[str, list[float]] = {name: [] for name in turns}
    for number in range(options.rounds):
        for name in list(turns) if number % 2 else reversed(turns):
            found[name].append(turns[name]())
    own = found.pop("by similar lengths")
    rows = [
        (
            told,
            keras.config.backend(),
            f"{median(own):,.0f}",
            f"{median(values):,.0f}",
            spread([a / b for a, b in zip(own, values, strict=True)]),
        )
        for told, values in found.items()
    ]
    measured = Measured(
        "Texts by length",
        "Tokens a second, without padding, of MiniLM trained whole on the docstring sentences in "
        "batches of similar length ÷ those of the rival.",
        ("rival", "backend", "by similar lengths", "the rival's", "ratio"),
        rows,
    )
    publish(measured, keys=2, writes=options.write)


if __name__ == "__main__":
    main()
