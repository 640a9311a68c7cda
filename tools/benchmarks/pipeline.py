"""A training step fed by the data room, against one on arrays in memory; and memory by rows.

Steps: the same compiled model takes the same batches from files (PNG and JPEG folders, texts,
a table) and from prepared arrays, a turn each. A turn is timed from the end of its first step to
the end of its last, so that starting does not count. Memory: a whole run, in a process of its
own, on 10⁴ and on 10⁶ rows (`--rows`). All data are made up, in a temporary folder. The backend
is that of `KERAS_BACKEND`; nothing else should use the machine meanwhile.

    python tools/benchmarks/pipeline.py --write
    python tools/benchmarks/pipeline.py steps --rounds 15
    python tools/benchmarks/pipeline.py memory --rows 10000 1000000
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np
import polars as pl
from pages import Measured, publish, spread
from PIL import Image

import kerastune as kt
from kerastune.training.samples import training_samples

_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))
_CLASSES = ("bad", "fair", "good")


def image_folder(folder: Path, suffix: str, side: int, count: int) -> Path:
    """A folder of images of three classes."""
    drawn = np.random.default_rng(0)
    for number in range(count):
        path = folder / _CLASSES[number % 3] / f"{number}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(drawn.integers(0, 255, (8, 8, 3), dtype="uint8"))
        coarse.resize((side, side)).save(path)
    return folder


def text_frame(rows: int) -> pl.DataFrame:
    """Texts of about 100 characters with a label, and a column that nobody asks for."""
    drawn = np.random.default_rng(0)
    words = ["".join(drawn.choice(_LETTERS, drawn.integers(2, 9))) for _ in range(5000)]
    chosen = np.array(words, object)[drawn.integers(0, len(words), (rows, 16))]
    texts = [" ".join(row) for row in chosen.tolist()]
    labels = np.array(_CLASSES)[drawn.integers(0, 3, rows)]
    return pl.DataFrame({"text": texts, "label": labels, "other": [one[::-1] for one in texts]})


def number_frame(rows: int) -> pl.DataFrame:
    """Eight columns of numbers, one of categories, a quantity and a class."""
    drawn = np.random.default_rng(0)
    numbers = drawn.normal(size=(rows, 8))
    price = numbers @ drawn.normal(size=8) + drawn.normal(size=rows)
    return pl.DataFrame(
        {
            **{f"x{at}": numbers[:, at] for at in range(8)},
            "city": np.array(["Bonn", "Oslo", "Paris", "Rome"])[drawn.integers(0, 4, rows)],
            "price": price,
            "won": np.where(price > 0, "yes", "no"),
        }
    )


def small_text_job(path: Path) -> kt.Job:
    """A small encoder of texts with MiniLM's tokenizer."""
    import keras_hub

    splits = kt.data.open_splits(str(path), target_kind="class", open_with=kt.data.text_reader())
    preprocessor = kt.preprocessing.load_text_preprocessor("minilm", sequence_length=48)
    head = kt.heads.Classification.for_samples(splits.training)
    backbone = keras_hub.models.BertBackbone(30522, 2, 2, 128, 512)
    model = kt.heads.attach(backbone, head, pooling="mean")
    return kt.Job(model, head, splits, preprocessor.fit(splits.training))


@keras.saving.register_keras_serializable(package="benchmark")
class Letters(kt.Preprocessor):
    """How often each letter is in a text: quick, so that memory can be measured on many texts."""

    columns = ("text",)

    def prepare(self, inputs: Mapping[str, Any]) -> np.ndarray:
        """Returns an array of shape `(texts, letters)`."""
        return np.array(
            [[text.count(one) for one in "aeiou"] for text in inputs["text"]], "float32"
        )


def letter_job(path: Path, run_dir: str) -> kt.Job:
    """A linear classifier of texts by their letters, beside the usual baselines."""
    splits = kt.data.open_splits(
        str(path),
        {"validation_fraction": 0.05},
        target_kind="class",
        open_with=kt.data.text_reader(),
    )
    head = kt.heads.Classification.for_samples(splits.training)
    counts = keras.Input((5,))
    backbone = keras.Model(counts, keras.layers.Dense(8)(counts))
    return kt.Job(
        kt.heads.attach(backbone, head),
        head,
        splits,
        Letters(),
        baselines=(kt.baselines.majority_class, kt.baselines.tf_idf),
        options={"epochs": 1, "batch_size": 1024, "run_dir": run_dir, "verbose": 0},
    )


def jobs(folder: Path) -> dict[str, Callable[[], kt.Job]]:
    """What is trained, by what it is fed with."""
    text_frame(4096).write_parquet(folder / "texts.parquet")
    number_frame(20_000).drop("price").write_parquet(folder / "table.parquet")
    build = kt.recipes.lenet.build
    return {
        "PNG, 28 x 28, LeNet": lambda: build(str(image_folder(folder / "png", "png", 28, 3000))),
        "JPEG, 64 x 64, LeNet": lambda: build(str(image_folder(folder / "jpg", "jpg", 64, 3000))),
        "text, 48 tokens, 2 layers of 128": lambda: small_text_job(folder / "texts.parquet"),
        "table, 9 columns, MLP": lambda: kt.recipes.tabular_classification.build(
            str(folder / "table.parquet"), target="won"
        ),
    }


class Clock(keras.callbacks.Callback):
    """Seconds a step, from the end of the first to the end of the last."""

    seconds = 0.0

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        self._ends: list[float] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self._ends.append(time.perf_counter())

    def on_train_end(self, logs: Any = None) -> None:  # noqa: ARG002
        # After what was still computed.
        keras.ops.convert_to_numpy(self.model.trainable_variables[0].value)
        self.seconds = (time.perf_counter() - self._ends[0]) / (len(self._ends) - 1)


def step_times(job: kt.Job, batch_size: int, steps: int, rounds: int) -> dict[str, list[float]]:
    """Seconds a step, fed by the data room and on arrays in memory, round by round."""
    samples = training_samples(job.splits.training, job.prepare, job.head, batch_size)
    batches = list(samples.in_order())[:steps]
    x, y = keras.tree.map_structure(lambda *parts: np.concatenate(parts), *(b[:2] for b in batches))
    job.model.compile(keras.optimizers.AdamW(1e-4), job.head.loss())
    feeds = {
        "data room": lambda: {**samples.shuffled(0, 0), "steps_per_epoch": steps},
        "arrays": lambda: {"x": x, "y": y, "batch_size": batch_size},
    }
    seconds: dict[str, list[float]] = {name: [] for name in feeds}
    for number in range(rounds + 1):
        for name in list(feeds) if number % 2 else reversed(feeds):
            clock = Clock()
            job.model.fit(**feeds[name](), epochs=1, verbose=0, callbacks=[clock])
            if number:  # The first round compiles.
                seconds[name].append(clock.seconds)
    return seconds


def steps_table(steps: int, rounds: int, batch_size: int) -> Measured:
    """The times of steps."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for title, build in jobs(Path(folder)).items():
            seconds = step_times(build(), batch_size, steps, rounds)
            ratios = [a / b for a, b in zip(seconds["data room"], seconds["arrays"], strict=True)]
            fed, arrays = (f"{1000 * median(values):.4g} ms" for values in seconds.values())
            rows.append((title, keras.config.backend(), fed, arrays, spread(ratios)))
            print(*rows[-1], sep=" | ", flush=True)
    return Measured(
        "The pipeline",
        "Time of a training step fed from files by the data room ÷ time of the same step on arrays "
        "in memory, median and quartiles over the rounds.",
        ("fed with", "backend", "from files", "from arrays", "ratio"),
        rows,
    )


def measured(path: str) -> None:
    """Run on a table, and print the memory that the process took, in MB."""
    with tempfile.TemporaryDirectory() as folder:
        if "text" in path:
            letter_job(Path(path), f"{folder}/run").run()
        else:
            kt.recipes.linear_regression(
                path,
                target="price",
                drop=["city", "won"],
                epochs=1,
                batch_size=1024,
                run_dir=f"{folder}/run",
                verbose=0,
            )
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(json.dumps({name: int(status[name].split()[0]) / 1024 for name in ("VmHWM", "RssAnon")}))


def memory_table(rows: list[int]) -> Measured:
    """The memory of whole runs."""
    found = []
    made = {"text": text_frame, "numbers": number_frame}
    with tempfile.TemporaryDirectory() as folder:
        for name, frame in made.items():
            for suffix in ("parquet", "csv"):
                peaks = []
                for count in rows:
                    path = Path(folder) / f"{name}.{suffix}"
                    getattr(frame(count), f"write_{suffix}")(path)
                    command = [sys.executable, __file__, "measured", "--path", str(path)]
                    said = subprocess.run(command, check=True, capture_output=True, text=True)
                    peaks.append(json.loads(said.stdout.splitlines()[-1])["VmHWM"])
                growth = f"{peaks[-1] - peaks[0]:.0f} MB"
                shown = [f"{peak:.0f} MB" for peak in peaks]
                found.append((f"{name}, {suffix}", keras.config.backend(), *shown, growth))
                print(*found[-1], sep=" | ", flush=True)
    return Measured(
        "Memory by rows",
        "Peak memory of whole runs on tables of so many rows. Pages of mapped files count, though "
        "the system may take them back at any time.",
        ("run on", "backend", *(f"{count:,} rows" for count in rows), "growth"),
        found,
    )


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "what", nargs="?", default="all", choices=["all", "steps", "memory", "measured"]
    )
    parser.add_argument("--steps", type=int, default=25, help="steps a turn")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--path", help="for `measured`, which `memory` calls")
    parser.add_argument("--write", action="store_true", help="to docs/benchmarks.md")
    options = parser.parse_args()
    if options.what == "measured":
        measured(options.path)
        return
    if options.what in ("all", "steps"):
        found = steps_table(options.steps, options.rounds, options.batch_size)
        publish(found, keys=2, writes=options.write)
    if options.what in ("all", "memory"):
        publish(memory_table(options.rows), keys=2, writes=options.write)


if __name__ == "__main__":
    main()
