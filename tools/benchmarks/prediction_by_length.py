"""Prediction for texts in batches of similar length, against padding all to one length.

MiniLM answers for the docstring sentences, given as often as it takes, with the preprocessor of
`text_classification --group_by_length` and with the one of its defaults, one after the other.
Tokens are made of the texts in both. Left out is a first turn, in which all shapes are compiled.

    KERAS_BACKEND=torch python tools/benchmarks/prediction_by_length.py --write
"""

import argparse
import time
from collections.abc import Callable
from statistics import median

import keras
import numpy as np
from pages import Measured, publish, spread

from kerastune import recipes
from kerastune.training import predict


def turns_of(samples: int, *, group_by_length: bool) -> Callable[[], tuple[float, np.ndarray]]:
    """A prediction, which gives its seconds and what it answered."""
    keras.utils.set_random_seed(0)
    job = recipes.text_classification.build(group_by_length=group_by_length)
    texts = list(job.splits.training.values["text"])
    inputs = {"text": (texts * (samples // len(texts) + 1))[:samples]}

    def turn() -> tuple[float, np.ndarray]:
        begun = time.perf_counter()
        outputs = predict(job.model, inputs, job.prepare, job.head)
        return time.perf_counter() - begun, outputs

    return turn


def main() -> None:
    """Measure by turns, print, and write the row of this backend to the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--write", action="store_true", help="to docs/benchmarks.md")
    options = parser.parse_args()
    grouped = turns_of(options.samples, group_by_length=True)
    padded = turns_of(options.samples, group_by_length=False)
    np.testing.assert_allclose(grouped()[1], padded()[1], atol=1e-4)
    own, others = [], []
    for number in range(options.rounds):
        for turn, seconds in [(grouped, own), (padded, others)][:: -1 if number % 2 else 1]:
            seconds.append(turn()[0])
    row = (
        keras.config.backend(),
        f"{options.samples / median(own):,.0f}",
        f"{options.samples / median(others):,.0f}",
        spread([b / a for a, b in zip(own, others, strict=True)]),
    )
    measured = Measured(
        "Prediction by length",
        "Texts a second that MiniLM answers for, the docstring sentences in batches of similar "
        "length ÷ all padded to one length. Outputs agree within 1e-4.",
        ("backend", "by similar lengths", "padded to one length", "ratio"),
        [row],
    )
    publish(measured, keys=1, writes=options.write)


if __name__ == "__main__":
    main()
