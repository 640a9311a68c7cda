"""Writes docs/gallery.md: a picture and a result of each recipe, out of run directories.

python tools/write_gallery.py RUN...

Each run is shown for its recipe, in place of an earlier one. Without runs the page is written
anew from what docs/gallery holds: a picture and the facts of each run.
"""

import inspect
import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The package lies beside this folder, installed or not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image

from kerastune import recipes
from kerastune.records.reading import read_record
from kerastune.records.record import RunRecord

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE, FOLDER = DOCS / "gallery.md", DOCS / "gallery"
WIDTH = 720  # Pixels.

# What a run draws of every model; anything else shows what this recipe does.
_USUAL = ("learning_curves", "learning_rates", "calibration")
_LEFT_OUT = ("backend", "recipe", "run_dir", "verbose", "seed")


def add(directory: str | Path) -> str:
    """Keeps the picture and the facts of a run; returns the name of its recipe."""
    record = read_record(directory)
    if record.state != "finished" or record.recipe not in recipes.__all__:
        raise SystemExit(
            "Expected finished runs of recipes of this project. Received: "
            f"'{directory}', {record.state}, of {record.recipe}"
        )
    picture = _picture(record.directory)
    facts = _facts(record, picture.stem)
    FOLDER.mkdir(exist_ok=True)
    with Image.open(picture) as image:
        size = (WIDTH, round(image.height * WIDTH / image.width))
        smaller = image.convert("RGB").resize(size) if image.width > WIDTH else image.convert("RGB")
        # Few colours: pages of plots and digits have no more, and the repository stays small.
        smaller.quantize(64).save(FOLDER / f"{record.recipe}.png", optimize=True)
    (FOLDER / f"{record.recipe}.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    return record.recipe


def page() -> str:
    """The text of the page, from the facts that are kept and the docstrings of recipes."""
    lines = [
        "# Gallery",
        "",
        "One run of each recipe: what it is for, a picture that the run has drawn, its first "
        "metric on the test samples beside the best of its baselines, and the command. A single "
        "run says nothing about spread: [results.md](results.md) has what was measured over "
        "several seeds.",
    ]
    missing = []
    for name in recipes.__all__:
        facts = FOLDER / f"{name}.json"
        if facts.is_file():
            lines += ["", *_entry(name, json.loads(facts.read_text("utf-8")))]
        else:
            missing.append(f"`{name}`")
    if missing:
        lines += ["", f"Without a run here yet: {', '.join(missing)}."]
    return "\n".join(lines) + "\n"


def _picture(directory: Path) -> Path:
    """The picture of a run that says most about its recipe."""
    pictures = sorted(directory.glob("*.png"), key=lambda path: (path.stem in _USUAL, path.stem))
    of_its_own = [path for path in pictures if path.stem not in _USUAL]
    curves = directory / "learning_curves.png"
    found = of_its_own[0] if of_its_own else curves
    if not found.is_file():
        raise SystemExit(f"Expected a run with pictures. Received: '{directory}', without")
    return found


def _facts(record: RunRecord, picture: str) -> dict[str, Any]:
    """What the page says of a run."""
    metric = next(name for name in record.metrics if record.higher_is_better.get(name) is not None)
    return {
        "picture": picture.replace("_", " "),
        "metric": metric.replace("_", " "),
        "value": record.metrics[metric],
        "best_baseline": record.best_baseline(metric),
        "command": _command(record),
        "backend": record.backend,
        "seed": record.configuration().get("seed"),
        "minutes": round((record.seconds or 0) / 60, 1),
    }


def _command(record: RunRecord) -> str:
    """The command that starts the run again: what differs from the defaults."""
    configuration = record.configuration()
    parameters = inspect.signature(getattr(recipes, record.recipe)).parameters
    given = []
    for name, value in configuration.items():
        if name in _LEFT_OUT or name not in parameters or value == parameters[name].default:
            continue
        if name == "learning_rate" and parameters[name].default is None:
            continue  # The usual one, which the configuration holds as a number.
        if isinstance(value, str) and (value.startswith(("<", "/"))):
            raise SystemExit(
                f"Expected a run of data by name. Received: '{record.directory}', {name}={value}"
            )
        if isinstance(value, bool):
            given.append(f"--{name}" if value else f"--no_{name}")
        elif not isinstance(value, list | dict) and value is not None:
            given += [f"--{name}", str(value)]
    seed = ["--seed", str(configuration.get("seed", 0))]
    words = ["kerastune", "run", record.recipe, "--backend", str(record.backend), *seed, *given]
    return shlex.join(words)


def _entry(name: str, facts: Mapping[str, Any]) -> list[str]:
    """The lines of one recipe."""
    summary = (inspect.getdoc(getattr(recipes, name)) or "").splitlines()[0]
    told = f"{facts['metric'].capitalize()} {facts['value']:.4g}"
    if facts["best_baseline"]:
        baseline, value = facts["best_baseline"]
        told += f"; {baseline} {value:.4g}"
    return [
        f"## `{name}`",
        "",
        summary,
        "",
        f"![{facts['picture']} of a run of {name}](gallery/{name}.png)",
        "",
        f"{told}. Seed {facts['seed']}, {facts['backend']}, {facts['minutes']} minutes.",
        "",
        "```sh",
        facts["command"],
        "```",
    ]


if __name__ == "__main__":
    for run in sys.argv[1:]:
        print(add(run))
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
