"""A frozen ResNet50 with its features kept, against the same epochs through all of it.

Both train the head alone by `kerastune.fine_tune`, from the same weights on the same images in
the same order; the rival is `cache_features="off"`, which is `model.fit` with a frozen backbone.
Times are of the whole call: compiling, the pass that computes the features, all epochs. The
contestants take turns. The backend is that of `KERAS_BACKEND`.

    python tools/benchmarks/cached_features.py
"""

import argparse
import time
from statistics import median

import keras
import numpy as np
from pages import Measured, publish, spread

import kerastune as kt


def model() -> keras.Model:
    """ResNet50 for images of 96 x 96 pixels, with a head for ten classes."""
    keras.utils.set_random_seed(0)
    body = keras.applications.ResNet50(
        include_top=False, weights=None, input_shape=(96, 96, 3), pooling="avg"
    )
    head = kt.heads.Classification(tuple("abcdefghij"))
    made = kt.heads.attach(body, head)
    made.compile(loss=head.loss())
    return made


def compared(samples: int, epochs: int, rounds: int) -> tuple[dict[str, list[float]], float]:
    """The seconds of each contestant, round by round, and how far their last losses differ."""
    drawn = np.random.default_rng(0)
    images = drawn.normal(size=(samples, 96, 96, 3)).astype("float32")
    labels = np.eye(10, dtype="float32")[drawn.integers(0, 10, samples)]
    plan = kt.tuning.head_only(epochs=epochs, learning_rate=1e-3)
    seconds: dict[str, list[float]] = {"auto": [], "off": []}
    losses: dict[str, float] = {}
    for number in range(rounds):
        for place in list(seconds) if number % 2 else reversed(seconds):
            made = model()
            start = time.perf_counter()
            history = kt.fine_tune(
                made, (images, labels), plan=plan, batch_size=16, cache_features=place, verbose=0
            )
            seconds[place].append(time.perf_counter() - start)
            losses[place] = history.step_loss[-1]
    return seconds, abs(losses["auto"] - losses["off"])


def main() -> None:
    """Measure, print, and write the row of this backend to the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=480)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="to docs/benchmarks.md")
    options = parser.parse_args()
    seconds, difference = compared(options.samples, options.epochs, options.rounds)
    plural = "s" * (options.rounds != 1)
    row = (
        keras.config.backend(),
        f"{options.samples} images, {options.epochs} epochs, {options.rounds} round{plural}",
        f"{median(seconds['auto']):.1f} s",
        f"{median(seconds['off']):.1f} s",
        spread([off / kept for off, kept in zip(seconds["off"], seconds["auto"], strict=True)]),
        f"{difference:.1g}",
    )
    found = Measured(
        "Features that are kept",
        "The head of ResNet50 on images of 96 x 96, batch 16: time of `fit` through the frozen "
        "network ÷ time with its features kept, median and quartiles over the rounds. Times are of "
        "the whole call of `fine_tune`, with compiling and the pass that computes the features, so "
        "that more images move the ratio up to the number of epochs.",
        ("backend", "of", "kept", "through the network", "ratio", "last losses differ by"),
        [row],
    )
    publish(found, keys=1, writes=options.write)


if __name__ == "__main__":
    main()
