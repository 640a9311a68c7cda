"""Training steps that draw from the portable stream, against those that draw by the backend.

Two models of one kind in one process, one step of each by turns, with the layers and optimizers
that `kerastune.fine_tune` trains with; steps that compile are left out.

    KERAS_BACKEND=torch python tools/benchmarks/portable_draws.py --networks mlp lenet bert
"""

import argparse
import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from typing import Any

import keras
import numpy as np
from pages import Measured, publish, spread

import kerastune as kt
from kerastune.backends import random_from, step_compilation
from kerastune.backends.native_layers import allow_native_updates, native_layers
from kerastune.backends.portable import STREAMS

_LEFT_OUT = 3
_CLASSES = tuple("abcdefghij")
Made = tuple[keras.Model, Any]


def mlp() -> Made:
    """784 pixels, 128 hidden units of which 0.5 are dropped, batches of 32."""
    body = kt.models.mlp((28, 28, 1), (128,), dropout=0.5)
    return kt.heads.attach(body, kt.heads.Classification(_CLASSES)), drawn_images(28, 1)


def lenet() -> Made:
    """LeNet-5 on turned, moved and zoomed images, half of its last units dropped, batches of 32."""
    changes = kt.models.augmentation((28, 28, 1), rotation=10.0, shift=0.1, zoom=0.1, seed=0)
    head = kt.heads.Classification(_CLASSES, dropout=0.5)
    model = kt.heads.attach(kt.models.lenet((28, 28, 1)), head, before=(changes,))
    return model, drawn_images(28, 1)


def bert() -> Made:
    """A BERT of 4 layers and width 256 that drops 0.1, 32 texts of 64 tokens."""
    import keras_hub

    tokens = np.random.default_rng(0).integers(1, 8000, (32, 64))
    inputs = {"token_ids": tokens, "segment_ids": 0 * tokens, "padding_mask": 1 + 0 * tokens}
    body = keras_hub.models.BertBackbone(8000, 4, 4, 256, 1024, dropout=0.1)
    return kt.heads.attach(body, kt.heads.Classification(_CLASSES), pooling="mean"), inputs


def drawn_images(side: int, channels: int) -> np.ndarray:
    """Random images."""
    return np.random.default_rng(0).normal(size=(32, side, side, channels)).astype("float32")


NETWORKS: dict[str, Callable[[], Made]] = {"mlp": mlp, "lenet": lenet, "bert": bert}


def compared(make: Callable[[], Made], steps: int) -> dict[str, list[float]]:
    """The seconds of each step by where it draws from, those of compiling left out."""
    targets = np.eye(len(_CLASSES), dtype="float32")[np.arange(32) % len(_CLASSES)]
    contestants = {}
    for stream in STREAMS:
        model, inputs = make()
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss, jit_compile=step_compilation("auto"))
        allow_native_updates(model)
        contestants[stream] = model, inputs
    seconds: dict[str, list[float]] = {stream: [] for stream in STREAMS}
    for _ in range(steps + _LEFT_OUT):
        for stream, (model, inputs) in contestants.items():
            with ExitStack() as stack:
                stack.enter_context(random_from(stream))
                stack.enter_context(native_layers(model))
                start = time.perf_counter()
                float(model.train_on_batch(inputs, targets))
                seconds[stream].append(time.perf_counter() - start)
    return {stream: values[_LEFT_OUT:] for stream, values in seconds.items()}


def main() -> None:
    """Measure, print, and write the rows of this backend to the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", choices=list(NETWORKS), default=list(NETWORKS))
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--write", action="store_true", help="to docs/benchmarks.md")
    options = parser.parse_args()
    rows = []
    for name in options.networks:
        seconds = compared(NETWORKS[name], options.steps)
        ratios = [
            ours / theirs
            for ours, theirs in zip(seconds["portable"], seconds["backend"], strict=True)
        ]
        times = [f"{1e3 * median(seconds[stream]):.4g} ms" for stream in ("portable", "backend")]
        rows.append((name, keras.config.backend(), *times, spread(ratios)))
    found = Measured(
        "Draws from the portable stream",
        'Time of a training step with `random="portable"` ÷ time with what the backend draws by '
        "itself, median and quartiles over the steps. `mlp` drops 128 numbers a sample, `lenet` "
        "drops and changes images, `bert` (4 layers, width 256, 32 texts of 64 tokens) drops in "
        "all layers.",
        ("network", "backend", "portable", "backend's own", "ratio"),
        rows,
    )
    publish(found, keys=2, writes=options.write)


if __name__ == "__main__":
    main()
