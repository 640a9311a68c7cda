"""Step times against named rivals, paired: `python tools/benchmarks/step_times.py`.

Each line of the table is a ratio of training step times on the same model and data in one
process. The contestants take turns, a few steps each, and the ratio is the median over the
rounds, so that whatever else the machine does hits both alike. The backend is that of
`KERAS_BACKEND`. Nothing else should use the machine meanwhile.

    python tools/benchmarks/step_times.py layerwise
    python tools/benchmarks/step_times.py freezing
"""

import argparse
import time
from collections.abc import Callable
from statistics import median, quantiles

import keras
import numpy as np

import kerastune as kt

Build = Callable[[], keras.Model]


def encoder() -> tuple[Build, np.ndarray, np.ndarray]:
    """A transformer encoder of 12 blocks, 5.7 million parameters, with its data."""
    import keras_hub

    def build() -> keras.Model:
        backbone = keras_hub.models.BertBackbone(2000, 12, 4, 192, 768, dropout=0.0)
        return kt.heads.attach(backbone, kt.heads.Classification(("a", "b", "c")), pooling="mean")

    generator = np.random.default_rng(0)
    tokens = generator.integers(1, 2000, (16, 32))
    inputs = {
        "token_ids": tokens,
        "segment_ids": np.zeros_like(tokens),
        "padding_mask": np.ones_like(tokens),
    }
    return build, inputs, np.eye(3, dtype="float32")[generator.integers(0, 3, 16)]


def resnet(side: int = 64) -> tuple[Build, np.ndarray, np.ndarray]:
    """ResNet50 with a head for two classes, and images."""

    def build() -> keras.Model:
        body = keras.applications.ResNet50(False, None, input_shape=(side, side, 3), pooling="avg")
        return kt.heads.attach(body, kt.heads.Classification(("cat", "dog")))

    generator = np.random.default_rng(0)
    images = generator.normal(size=(16, side, side, 3)).astype("float32")
    return build, images, generator.integers(0, 2, (16, 1)).astype("float32")


def by_multi_optimizer(model: keras.Model, decay: float) -> keras.optimizers.Optimizer:
    """The same rates by Keras' own means: one optimizer for each layer group."""
    multipliers = kt.tuning.multipliers.decayed(model, decay)
    rates = {variable.path: 1e-4 * value for variable, value in multipliers}
    made = {rate: keras.optimizers.AdamW(rate) for rate in set(rates.values())}
    chosen = {path: made[rate] for path, rate in rates.items()}
    default = next(iter(made.values()))
    return keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(default, chosen))


def step_times(
    contestants: dict[str, keras.Model], x: np.ndarray, y: np.ndarray, steps: int, rounds: int
) -> dict[str, list[float]]:
    """Seconds a step of each contestant, round by round."""
    repeated = [np.concatenate([part] * steps) for part in keras.tree.flatten(x)]
    x = keras.tree.pack_sequence_as(x, repeated)
    y = np.concatenate([y] * steps)
    size = len(y) // steps
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name in list(contestants) if number % 2 else reversed(contestants):
            start = time.perf_counter()
            contestants[name].fit(x, y, batch_size=size, shuffle=False, verbose=0)
            if number:  # The first round compiles.
                seconds[name].append((time.perf_counter() - start) / steps)
    return seconds


def report(title: str, seconds: dict[str, list[float]], pairs: list[tuple[str, str]]) -> None:
    """Medians, and the ratio of each pair with its quartiles over the rounds."""
    print(f"\n{title}, {keras.config.backend()}")
    for name, values in seconds.items():
        print(f"  {name}: {1000 * median(values):.1f} ms a step")
    for name, rival in pairs:
        ratios = [a / b for a, b in zip(seconds[name], seconds[rival], strict=True)]
        low, _, high = quantiles(ratios, n=4)
        print(f"  {name} / {rival}: {median(ratios):.3f} ({low:.3f} to {high:.3f})")


def layerwise(steps: int, rounds: int) -> None:
    """Layer-wise AdamW against plain AdamW, and against MultiOptimizer doing the same."""
    for title, (build, x, y) in {
        "12-block encoder": encoder(),
        "ResNet50, 64 x 64": resnet(),
    }.items():
        contestants = {name: build() for name in ("plain", "layerwise", "MultiOptimizer")}
        for name, model in contestants.items():
            kt.tuning.train_only(model, "all")
            optimizer = keras.optimizers.AdamW(1e-4)
            if name == "layerwise":
                optimizer = kt.layerwise(optimizer, model, layer_decay=0.75)
            elif name == "MultiOptimizer":
                optimizer = by_multi_optimizer(model, 0.75)
            loss = "categorical_crossentropy" if y.shape[1] > 1 else "binary_crossentropy"
            model.compile(optimizer, loss)
        seconds = step_times(contestants, x, y, steps, rounds)
        report(title, seconds, [("layerwise", "plain"), ("layerwise", "MultiOptimizer")])


def freezing(steps: int, rounds: int) -> None:
    """Everything trained against only the head, of ResNet50 at 96 x 96, batch 16."""
    build, x, y = resnet(96)
    contestants = {"everything": build(), "head only": build(), "head only by hand": build()}
    for name, model in contestants.items():
        if name == "head only by hand":
            model.get_layer("resnet50").trainable = False
        model.compile(keras.optimizers.AdamW(1e-4), "binary_crossentropy")
    kt.freeze(contestants["head only"], "backbone")
    seconds = step_times(contestants, x, y, steps, rounds)
    pairs = [("everything", "head only"), ("everything", "head only by hand")]
    report("ResNet50, 96 x 96", seconds, pairs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["layerwise", "freezing"])
    parser.add_argument("--steps", type=int, default=4, help="steps a turn")
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    {"layerwise": layerwise, "freezing": freezing}[options.what](options.steps, options.rounds)
