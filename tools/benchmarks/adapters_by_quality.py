"""What each way to tune MiniLM reaches, takes, and leaves to be kept.

Each plan trains `text_classification` for as many epochs with every seed, at the rate that is usual
for it, in a process of its own. Measured are the test accuracy, the processor time of the run, the
largest resident size of the process, the numbers that train, and the size of what has to be kept
beside the pretrained weights. Prints a Markdown table and writes a picture. With `--json` what was
measured before is not measured again.

    KERAS_BACKEND=torch python tools/benchmarks/adapters_by_quality.py --samples_per_class 50
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean, stdev
from typing import Any

PLANS = (
    "head_only",
    "ia3",
    "prefix_tuning",
    "lora",
    "dora",
    "bottleneck",
    "linear_probe_then_lora",
    "linear_probe_then_fine_tune",
)
# One epoch of the head comes before the epochs that are given.
PROBED = ("linear_probe_then_lora", "linear_probe_then_fine_tune")
Figures = dict[str, float]


def measured_here(plan: str, seed: int, epochs: int, samples_per_class: int | None) -> Figures:
    """Train in this process, and tell what it took."""
    from kerastune import recipes

    begun = time.process_time()
    with tempfile.TemporaryDirectory() as directory:
        result = recipes.text_classification(
            plan=plan,
            epochs=epochs - (plan in PROBED),
            samples_per_class=samples_per_class,
            seed=seed,
            precision="float32",
            run_dir=directory,
            verbose=0,
        )
        rows = json.loads((Path(directory) / "plan_table.json").read_text())
        adapters = list((Path(directory) / "adapters").glob("*"))
        kept = adapters or [Path(directory) / "model.keras"]
        return {
            "accuracy": 100 * result.metrics["accuracy"],
            "seconds": time.process_time() - begun,
            "memory": _largest_resident_size(),
            "trained": sum(row["trainable"] for row in rows if row["stage"] == rows[-1]["stage"]),
            "kept": sum(path.stat().st_size for path in kept),
        }


def _largest_resident_size() -> int:
    """Of this process, in bytes."""
    (line,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    )
    return 1024 * int(line.split()[1])


def measured(path: Path | None, options: argparse.Namespace) -> dict[str, list[Figures]]:
    """What each plan measured by seed, in processes of their own."""
    known: dict[str, list[Figures]] = json.loads(path.read_text()) if path and path.exists() else {}
    for seed in range(options.seeds):
        for plan in options.plans:
            found = known.setdefault(plan, [])
            if len(found) > seed:
                continue
            call = [plan, seed, options.epochs, options.samples_per_class]
            command = [sys.executable, __file__, "--child", json.dumps(call)]
            printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            found.append(json.loads(printed.splitlines()[-1]))
            if path:
                path.write_text(json.dumps(known, indent=1))
    return {plan: known[plan] for plan in options.plans}


def table(found: dict[str, list[Figures]]) -> str:
    """The rows in Markdown: means over the seeds, of the accuracy the spread too."""
    lines = [
        "| plan | trains | seeds | accuracy | processor time | memory | kept |",
        "|---|---|---|---|---|---|---|",
    ]
    for plan, runs in found.items():
        means = {name: mean(run[name] for run in runs) for name in runs[0]}
        spread = f" ± {stdev(run['accuracy'] for run in runs):.1f}" if len(runs) > 1 else ""
        kept = means["kept"] / 1e6
        cells = (
            f"`{plan}`",
            f"{means['trained']:,.0f}",
            f"{len(runs)}",
            f"{means['accuracy']:.1f}{spread} %",
            f"{means['seconds']:.0f} s",
            f"{means['memory'] / 2**20:,.0f} MiB",
            f"{kept:.2f} MB" if kept < 10 else f"{kept:.0f} MB",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(found: dict[str, list[Figures]], path: Path) -> None:
    """The accuracy of each plan by how many numbers it trains."""
    from matplotlib import style
    from matplotlib.figure import Figure

    from kerastune.display.pictures import BLUE, PICTURE_STYLE, save_picture

    with style.context(PICTURE_STYLE):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.subplots()
        for number, (plan, runs) in enumerate(found.items()):
            place = runs[0]["trained"], mean(run["accuracy"] for run in runs)
            spread: Any = stdev(run["accuracy"] for run in runs) if len(runs) > 1 else None
            axes.errorbar(*place, yerr=spread, fmt="o", capsize=3, color=BLUE)
            beside = 6, 4 if number % 2 else -10  # Plans that train as much stay apart.
            axes.annotate(plan, place, beside, textcoords="offset points", fontsize=8)
        axes.set(xscale="log", xlabel="numbers that train", ylabel="test accuracy, per cent")
        axes.margins(x=0.12)
        save_picture(figure, path)


def main() -> None:
    """Run every plan with every seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plans", nargs="+", default=list(PLANS), choices=PLANS)
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--samples_per_class", type=int)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measured_here(*options.child)))
        return
    found = measured(options.json, options)
    print(table(found))
    if options.picture:
        draw(found, options.picture)


if __name__ == "__main__":
    main()
