"""What a small student reaches alone and with what its teacher knows: a table in Markdown.

    python tools/benchmarks/distillation.py FOLDER --task digits --seeds 0 1 2

`digits`: a LeNet trained on 1,000 images of MNIST teaches a network with one hidden layer of 16,
which may also see 2,750 images without their labels. `sentences`: MiniLM, fine-tuned on the
docstring sentences, teaches a network with two of its six blocks, which may see those without
labels too. Alone, the student trains for as many epochs, and for as many steps as with what has no
labels. Runs that are in FOLDER already are not made again. The backend is that of `KERAS_BACKEND`.
"""

import argparse
import contextlib
import io
import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import kerastune as kt

TEACHER = "the teacher"
ALONE, AS_MANY_STEPS = "alone", "alone, as many steps as with what has no labels"
# What each student is given beside the labels: answers, features, and samples without labels.
ROWS: dict[str, tuple[dict[str, Any], bool]] = {
    ALONE: ({}, False),
    AS_MANY_STEPS: ({}, False),
    "with the teacher's answers": ({}, False),
    "with its features too": ({"feature_weight": 1.0}, False),
    "with its answers to what has no labels too": ({}, True),
    "with both": ({"feature_weight": 1.0}, True),
}


@dataclass(frozen=True)
class Task:
    """What is learned.

    Args:
        teacher: the recipe of the teacher, from a seed and a directory to a run.
        student: dictionary of arguments of the recipe `distillation`.
        transfer: what has no labels.
        epochs: int, those of a student.
    """

    teacher: Callable[..., Any]
    student: dict[str, Any]
    transfer: Any
    epochs: int


def sentences() -> Task:
    """Docstring sentences, and those that have no labels there."""
    return Task(kt.recipes.text_classification, {}, "docstrings:unlabelled", 12)


def digits() -> Task:
    """A thousand labelled images of MNIST, and the others that are not in the test."""
    images = kt.data.mnist_5000()
    rest, test = kt.data.split(images, 0.25, seed=0)
    labelled, others = kt.data.few_shot_split(rest, 100, seed=0)
    given = {"data": labelled, "test_data": test, "validation_fraction": 0.0}

    def teacher(**settings: Any) -> Any:
        return kt.recipes.lenet(**given, **settings)

    unlabelled = kt.Source.of(np.asarray(others.values["image"]), others.target_values)
    return Task(teacher, {**given, "student": "mlp:hidden=[16]"}, unlabelled, 60)


TASKS = {"digits": digits, "sentences": sentences}


def main() -> None:
    """Train what is not there yet, and print the table."""
    parser = argparse.ArgumentParser(description="Accuracy of students with and without a teacher.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--task", choices=list(TASKS), default="digits")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--rows", nargs="+", type=int, default=list(range(len(ROWS))))
    options = parser.parse_args()

    task = TASKS[options.task]()
    reached: dict[str, list[float]] = {}
    for seed in options.seeds:
        teacher = options.folder / f"{options.task}-teacher-{seed}"
        if not (teacher / "metrics.json").is_file():
            with contextlib.redirect_stdout(io.StringIO()):
                task.teacher(seed=seed, run_dir=teacher, verbose=0)
        reached.setdefault(TEACHER, []).append(accuracy(teacher))
        for place in options.rows:
            run = options.folder / f"{options.task}-student-{place}-{seed}"
            name = list(ROWS)[place]
            if not (run / "metrics.json").is_file():
                train(task, name, teacher, run, seed=seed)
            reached.setdefault(name, []).append(accuracy(run))
            print(f"seed {seed}, {name}: {reached[name][-1]:.3f}", flush=True)
    print_table(reached, options.seeds)


def train(task: Task, name: str, teacher: Path, run: Path, *, seed: int) -> None:
    """One row with one seed."""
    given, has_more = ROWS[name]
    shared: Any = {"teacher": str(teacher), "seed": seed, "verbose": 0, **task.student, **given}
    if has_more or name == AS_MANY_STEPS:
        shared["transfer"] = task.transfer
    build = kt.recipes.distillation.build
    job = build(epochs=task.epochs, **shared)
    if name == AS_MANY_STEPS:
        more = len(job.teacher.transfer) / len(job.splits.training)
        job = build(epochs=round(task.epochs * (1 + more)), **shared)
    job.baselines = ()
    if name in (ALONE, AS_MANY_STEPS):
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
    lowest = statistics.mean(reached.get(ALONE, [highest]))
    for name, values in reached.items():
        cells = [f"{100 * value:.1f} %" for value in values]
        mean = statistics.mean(values)
        spread = f" ± {100 * statistics.stdev(values):.1f}" if len(values) > 1 else ""
        share = f"{100 * (mean - lowest) / (highest - lowest):.0f} %" if highest > lowest else ""
        print(f"| {name} | {' | '.join(cells)} | {100 * mean:.1f}{spread} % | {share} |")


if __name__ == "__main__":
    main()
