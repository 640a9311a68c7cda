"""What each plan reaches with a few images of new classes: a table in Markdown.

    python tools/benchmarks/image_plans.py --plans head_only:0.03 full --seeds 0 1 2

For each seed a small ResNet is trained on the digits 0 to 4, as `image_classification`
does by default, and then tuned for a few images of each of 5 to 9, chosen by that seed;
`scratch` is the same network from random weights. All rows have as many epochs, those of a
frozen stage included. The backend is that of `KERAS_BACKEND`.
"""

import argparse
import contextlib
import io
import json
import statistics
import tempfile
from pathlib import Path

import kerastune as kt
from kerastune import recipes

SCRATCH = "scratch"
PIXELS = "logistic regression on pixels"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="Accuracy of plans on a few images of new digits.")
    parser.add_argument(
        "--plans",
        nargs="+",
        metavar="PLAN[:RATE]",
        default=[SCRATCH, "head_only:0.03", "linear_probe_then_fine_tune", "full"],
        help="names of plans, or scratch, each with a highest rate of its own if need be",
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=10, help="epochs of every row")
    parser.add_argument("--learning_rate", type=float, default=3e-3, help="for plans without one")
    parser.add_argument("--samples_per_class", type=int, default=20)
    options = parser.parse_args()

    reached: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for seed in options.seeds:
            measured = accuracies(options, seed, Path(folder) / str(seed))
            for name, accuracy in measured.items():
                reached.setdefault(name, []).append(accuracy)
    print_table(reached, options.seeds)


def accuracies(options: argparse.Namespace, seed: int, folder: Path) -> dict[str, float]:
    """The test accuracy of each row with one seed."""
    digits = kt.data.open_data("digits:5-9")
    train, test = kt.data.few_shot_split(digits, options.samples_per_class, seed=seed)
    with contextlib.redirect_stdout(io.StringIO()):
        recipes.image_classification(seed=seed, plan="head_only", epochs=1, run_dir=folder / "base")
    result: dict[str, float] = {}
    for row in options.plans:
        name, _, rate = row.partition(":")
        run_dir = folder / name
        with contextlib.redirect_stdout(io.StringIO()):
            tuned = recipes.image_classification(
                train,
                test,
                backbone="small_resnet" if name == SCRATCH else str(folder / "base/backbone.keras"),
                plan=plan(name, options.epochs, float(rate or options.learning_rate)),
                seed=seed,
                run_dir=run_dir,
            )
        result[row] = tuned.metrics["accuracy"]
        baselines = json.loads((run_dir / "metrics.json").read_text())["baselines"]
        result[PIXELS] = baselines[PIXELS]["accuracy"]
    return result


def plan(name: str, epochs: int, learning_rate: float) -> kt.Plan:
    """The plan of a name that lasts so many epochs in all."""
    name = "full" if name == SCRATCH else name
    made = kt.tuning.named_plan(name, epochs=epochs, learning_rate=learning_rate)
    if made.epochs == epochs:
        return made
    shorter = epochs - (made.epochs - epochs)
    return kt.tuning.named_plan(name, epochs=shorter, learning_rate=learning_rate)


def print_table(reached: dict[str, list[float]], seeds: list[int]) -> None:
    """Print the accuracies in percent, a row a plan."""
    print(f"| plan | mean | {' | '.join(f'seed {seed}' for seed in seeds)} |")
    print(f"|---|---|{'---|' * len(seeds)}")
    for name, values in reached.items():
        cells = [f"{100 * value:.1f}" for value in (statistics.mean(values), *values)]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
