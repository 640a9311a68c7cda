"""Training steps of `kerastune.fine_tune` against loops by hand, step by step by turns.

Within one training by `fine_tune`, each of its steps is followed by one of every rival, so that
whatever else the machine does hits all alike. Steps of `fine_tune` are timed with everything
around them: reading the batch, the schedule, callbacks. On PyTorch a network of its own is a
rival too; MiniLM's is of Transformers. Needs `pip install optax transformers`.

    KERAS_BACKEND=torch python tools/benchmarks/training_steps.py --networks lenet resnet50 minilm
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Any

import keras
import numpy as np
import rivals
from pages import Measured, publish, spread

import kerastune as kt

_LEFT_OUT = 3
_CLASSES = 10


@dataclass(frozen=True)
class Network:
    """A network to train: its body, inputs for it, and the same network of PyTorch by name."""

    body: Callable[[], keras.Model]
    inputs: Any
    natives: dict[str, Callable[..., rivals.Rival]] = field(default_factory=dict)


def lenet() -> Network:
    """LeNet-5 for 28 x 28 pixels, batches of 32."""
    return Network(lambda: kt.models.lenet((28, 28, 1)), drawn_images(32, 28, 1))


def resnet50() -> Network:
    """ResNet50 for 96 x 96 pixels, batches of 16."""

    def body() -> keras.Model:
        return keras.applications.ResNet50(
            include_top=False, weights=None, input_shape=(96, 96, 3), pooling="avg"
        )

    natives = {"plain PyTorch, channels last": rivals.torch_resnet50}
    return Network(body, drawn_images(16, 96, 3), natives)


def minilm() -> Network:
    """A BERT of the size of MiniLM, 32 texts of 64 tokens."""
    return bert(layers=6, heads=12, width=384, samples=32, tokens=64)


def bert(*, layers: int, heads: int, width: int, samples: int, tokens: int) -> Network:
    """A BERT, with random tokens."""
    import keras_hub

    drawn = np.random.default_rng(0).integers(1, 30522, (samples, tokens))
    inputs = {
        "token_ids": drawn,
        "segment_ids": np.zeros_like(drawn),
        "padding_mask": np.ones_like(drawn),
    }
    native = partial(rivals.torch_bert, layers=layers, heads=heads, width=width)
    return Network(
        lambda: keras_hub.models.BertBackbone(30522, layers, heads, width, 4 * width),
        inputs,
        {"Transformers": native},
    )


def drawn_images(samples: int, side: int, channels: int) -> np.ndarray:
    """Random images."""
    shape = (samples, side, side, channels)
    return np.random.default_rng(0).normal(size=shape).astype("float32")


NETWORKS = {"lenet": lenet, "resnet50": resnet50, "minilm": minilm}


class Turns(keras.callbacks.Callback):
    """Times each step of a training, and lets the rivals make one after it."""

    def __init__(self, rivals: dict[str, rivals.Rival]) -> None:
        super().__init__()
        self.rivals = rivals
        self.seconds: dict[str, list[float]] = {name: [] for name in ("fine_tune", *rivals)}
        self._last = 0.0

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        self._last = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        float(logs["loss"])
        self.seconds["fine_tune"].append(time.perf_counter() - self._last)
        for name, step in self.rivals.items():
            start = time.perf_counter()
            step()
            self.seconds[name].append(time.perf_counter() - start)
        self._last = time.perf_counter()


def compared(network: Network, steps: int) -> dict[str, list[float]]:
    """The seconds of each step of `fine_tune`, and of each rival's, those of compiling left out."""
    head = kt.heads.Classification(tuple("abcdefghij"))
    pooling = {"pooling": "mean"} if isinstance(network.inputs, dict) else {}

    def build() -> keras.Model:
        keras.utils.set_random_seed(0)
        return kt.heads.attach(network.body(), head, **pooling)

    count = len(keras.tree.flatten(network.inputs)[0])
    classes = np.random.default_rng(1).integers(0, _CLASSES, count)
    x, y = network.inputs, np.eye(_CLASSES, dtype="float32")[classes]
    contestants = {"the same network by hand": rivals.same_network(build(), head.loss(), x, y)}
    if keras.config.backend() == "tensorflow":
        compiled = rivals.by_gradient_tape(build(), head.loss(), x, y, jit_compile=True)
        contestants["the same network by hand, with XLA"] = compiled
    if keras.config.backend() == "torch":
        contestants |= {told: make(x, y) for told, make in network.natives.items()}
    turns = Turns(contestants)
    everything = keras.tree.map_structure(lambda one: np.concatenate([one] * steps), (x, y))
    model = build()
    model.compile(loss=head.loss())
    kt.fine_tune(
        model,
        everything,
        plan=kt.tuning.full(epochs=1, learning_rate=rivals.LEARNING_RATE),
        batch_size=count,
        callbacks=[turns],
        verbose=0,
    )
    return {told: values[_LEFT_OUT:] for told, values in turns.seconds.items()}


def rows_of(name: str, seconds: dict[str, list[float]]) -> list[tuple[str, ...]]:
    """The rows of one network."""
    own = seconds["fine_tune"]
    return [
        (
            name,
            keras.config.backend(),
            told,
            f"{1000 * median(own):.4g} ms",
            f"{1000 * median(values):.4g} ms",
            spread([a / b for a, b in zip(own, values, strict=True)]),
        )
        for told, values in seconds.items()
        if told != "fine_tune"
    ]


def main() -> None:
    """Measure, print, and write the rows of this backend to the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--steps", type=int, default=30, help="of each network (30)")
    parser.add_argument("--write", action="store_true", help="to docs/benchmarks.md")
    options = parser.parse_args()
    rows = [
        row
        for name in options.networks
        for row in rows_of(name, compared(NETWORKS[name](), options.steps))
    ]
    found = Measured(
        "Training steps",
        "Time of a step of `fine_tune` ÷ time of the rival's, median and quartiles over the steps.",
        ("network", "backend", "rival", "fine_tune", "rival's step", "ratio"),
        rows,
    )
    publish(found, keys=2, writes=options.write)


if __name__ == "__main__":
    main()
