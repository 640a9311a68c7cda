"""A frozen ResNet50 with its features kept, against the same epochs through all of it.

Both train the head alone by `kerastune.fine_tune`, from the same weights on the same images in
the same order; the rival is `cache_features="off"`, which is `model.fit` with a frozen backbone.
Times are of the whole call: compiling, the pass that computes the features, all epochs. The
contestants take turns. The backend is that of `KERAS_BACKEND`.

    python tools/benchmarks/cached_features.py
"""

import argparse
import time
from statistics import median, quantiles

import keras
import numpy as np

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


def main(samples: int, epochs: int, rounds: int) -> None:
    """Print seconds, and the ratio with its quartiles over the rounds."""
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
    print(f"\nResNet50, {samples} images of 96 x 96, {epochs} epochs, {keras.config.backend()}")
    for place, values in seconds.items():
        print(f"  {place}: {median(values):.1f} s, last loss {losses[place]:.6f}")
    ratios = [off / kept for off, kept in zip(seconds["off"], seconds["auto"], strict=True)]
    spread = ""
    if rounds > 1:
        low, _, high = quantiles(ratios, n=4)
        spread = f" ({low:.2f} to {high:.2f})"
    print(f"  off / auto: {median(ratios):.2f}{spread}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=480)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    main(options.samples, options.epochs, options.rounds)
