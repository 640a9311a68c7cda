"""What each plan reaches in `text_classification`: `python tools/benchmarks/text_plans.py`.

Prints a Markdown table: a row a plan, the test accuracy of each seed and their mean. The
backend is that of `KERAS_BACKEND`. All plans train for the same number of epochs.

    python tools/benchmarks/text_plans.py --samples_per_class 20 --epochs 12
"""

import argparse
import contextlib
import io
import tempfile
from statistics import mean

import kerastune as kt
from kerastune import recipes

# The highest rate suits what trains: little can move fast, a whole encoder cannot.
RATES = {
    "head_only": 1e-2,
    "norms_only": 5e-3,
    "biases_only": 5e-3,
    "full": 5e-4,
    "linear_probe_then_fine_tune": 5e-4,
    "layer_decay": 5e-4,
    "discriminative_rates": 1e-3,
    "gradual_unfreezing": 1e-3,
}


def accuracy(plan: str, seed: int, options: argparse.Namespace) -> float:
    """The test accuracy of one run, in per cent."""
    # One epoch of the head comes before those asked for.
    epochs = options.epochs - (plan == "linear_probe_then_fine_tune")
    with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()):
        result = recipes.text_classification(
            plan=plan,
            epochs=epochs,
            learning_rate=RATES[plan],
            samples_per_class=options.samples_per_class,
            batch_size=options.batch_size,
            seed=seed,
            precision=options.precision,
            run_dir=directory,
        )
    return 100 * result.metrics["accuracy"]


def main() -> None:
    """Run every plan with every seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plans", nargs="+", default=list(RATES), choices=list(RATES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--samples_per_class", type=int)
    parser.add_argument("--precision", default="float32")
    options = parser.parse_args()
    print(f"On {kt.backends.select()}, {options.epochs} epochs, {options.precision}:\n")
    print("| plan | rate | " + " | ".join(f"seed {seed}" for seed in options.seeds) + " | mean |")
    print("|---" * (len(options.seeds) + 3) + "|")
    for plan in options.plans:
        found = [accuracy(plan, seed, options) for seed in options.seeds]
        cells = " | ".join(f"{value:.1f} %" for value in found)
        print(f"| `{plan}` | {RATES[plan]:g} | {cells} | {mean(found):.1f} % |", flush=True)


if __name__ == "__main__":
    main()
