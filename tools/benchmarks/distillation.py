"""What a small student reaches alone and with what its teacher knows: a table in Markdown.

    python tools/benchmarks/distillation.py FOLDER --seeds 0 1 2

For each seed MiniLM is fine-tuned on the docstring sentences, and teaches a network with two of
its six blocks: by its answers to the training sentences, to more without labels, and by the
features of its blocks too. Alone, the student trains for as many epochs, and for as many steps as
with the sentences without labels. Runs that are in FOLDER already are not made again. The backend
is that of `KERAS_BACKEND`.
"""

import argparse
import contextlib
import io
import json
import statistics
from pathlib import Path
from typing import Any

import kerastune as kt

TEACHER = "the teacher, six blocks"
UNLABELLED = "docstrings:unlabelled"
ROWS: dict[str, dict[str, Any]] = {
    "alone": {},
    "alone, as many steps as with more sentences": {},
    "with the teacher's answers": {},
    "with its features too": {"feature_weight": 1.0},
    "with its answers to more sentences": {"transfer": UNLABELLED},
    "with both": {"transfer": UNLABELLED, "feature_weight": 1.0},
}


def main() -> None:
    """Train what is not there yet, and print the table."""
    parser = argparse.ArgumentParser(description="Accuracy of students with and without a teacher.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--rows", nargs="+", type=int, default=list(range(len(ROWS))))
    parser.add_argument("--epochs", type=int, default=12, help="epochs of a student")
    options = parser.parse_args()

    reached: dict[str, list[float]] = {}
    for seed in options.seeds:
        teacher = options.folder / f"teacher-{seed}"
        if not (teacher / "metrics.json").is_file():
            with contextlib.redirect_stdout(io.StringIO()):
                kt.recipes.text_classification(seed=seed, run_dir=teacher, verbose=0)
        reached.setdefault(TEACHER, []).append(accuracy(teacher))
        for place in options.rows:
            run = options.folder / f"student-{place}-{seed}"
            if not (run / "metrics.json").is_file():
                train(place, teacher, run, seed=seed, epochs=options.epochs)
            name = list(ROWS)[place]
            reached.setdefault(name, []).append(accuracy(run))
            print(f"seed {seed}, {name}: {reached[name][-1]:.3f}", flush=True)
    print_table(reached, options.seeds)


def train(place: int, teacher: Path, run: Path, *, seed: int, epochs: int) -> None:
    """One row with one seed."""
    shared: Any = {"teacher": str(teacher), "seed": seed, "verbose": 0}
    job = kt.recipes.distillation.build(epochs=epochs, **shared, **list(ROWS.values())[place])
    if place == 1:
        more = kt.data.open_transfer(UNLABELLED, job.splits)
        epochs = round(epochs * (1 + len(more) / len(job.splits.training)))
        job = kt.recipes.distillation.build(epochs=epochs, **shared)
    job.baselines = ()
    if place <= 1:
        job.teacher = None
    with contextlib.redirect_stdout(io.StringIO()):
        job.run(run_dir=run)


def accuracy(run: Path) -> float:
    """What a run has reached on the test sentences."""
    return float(json.loads((run / "metrics.json").read_text("utf-8"))["metrics"]["accuracy"])


def print_table(reached: dict[str, list[float]], seeds: list[int]) -> None:
    """Print a row for each student, with the share of the gap to the teacher that it closes."""
    print(f"| | {' | '.join(f'seed {seed}' for seed in seeds)} | mean | of the gap |")
    print(f"|---|{'---|' * (len(seeds) + 2)}")
    highest = statistics.mean(reached[TEACHER])
    lowest = statistics.mean(reached.get("alone", [highest]))
    for name, values in reached.items():
        cells = [f"{100 * value:.1f} %" for value in values]
        mean = statistics.mean(values)
        spread = f" ± {100 * statistics.stdev(values):.1f}" if len(values) > 1 else ""
        share = f"{100 * (mean - lowest) / (highest - lowest):.0f} %" if highest > lowest else ""
        print(f"| {name} | {' | '.join(cells)} | {100 * mean:.1f}{spread} % | {share} |")


if __name__ == "__main__":
    main()
