"""Compares every recipe, and networks of others at small size, on all backends: is each the same?

Each comparison is written to `FOLDER/NAME` as `kerastune compare --output` writes it, and is not
made again where it is there, so the command may be stopped and started again. The table tells, of
all that is judged, the largest differences between the reference and the other backends.

    python tools/compare_everything.py --recipes build/compared
    python tools/compare_everything.py --backbones --applications build/compared
    python tools/compare_everything.py --recipes --only lenet,linear_regression build/compared
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kerastune
from kerastune.comparison import Tolerances
from kerastune.errors import InputError

_ROOT = Path(__file__).parents[1]
_STEPS = 20
# PyTorch compiles nothing, so that the trainings of the reference with rounding cost least.
_REFERENCE = "torch"
_COLUMNS = ("", "verdict", "layers", "outputs", "first gradients", "losses of 20 steps")
_HELD = Tolerances()
# By the stages of a comparison, one a column.
_TOLERANCES = {
    "layer": _HELD.forward,
    "forward": _HELD.forward,
    "gradient": _HELD.gradient,
    "training": _HELD.loss,
}


@dataclass(frozen=True)
class Compared:
    """One thing to compare: what `kerastune.compare` takes."""

    what: str
    options: Mapping[str, Any] = field(default_factory=dict)


# Small real data, where the usual ones are large, need a download, or would be a training first.
RECIPES: dict[str, dict[str, Any]] = {
    "image_classification": {"data": "digits:5-9", "backbone": "small_resnet"},
    "lenet": {"data": "digits"},
    "text_classification": {"sequence_length": 32, "batch_size": 16},
    "token_classification": {"sequence_length": 32},
}


def recipes() -> dict[str, Compared]:
    """Every recipe of kerastune, with its own data."""
    from kerastune.jobs.recipe_files import recipe_names

    return {name: Compared(name, RECIPES.get(name, {})) for name in recipe_names()}


def networks(names: Iterable[str]) -> dict[str, Compared]:
    """Networks of `tests/comparison/zoo.py`, by name."""
    zoo = _ROOT / "tests" / "comparison" / "zoo.py"
    return {name: Compared(f"{zoo}:{name}", {"batch_size": 4}) for name in names}


def compare(name: str, one: Compared, folder: Path, backends: str) -> None:
    """Compare one thing, and write what comes of it, or why nothing does."""
    output = folder / name
    started = time.perf_counter()
    try:
        comparison = kerastune.compare(
            one.what,
            backends=backends,
            reference=_REFERENCE,
            steps=_STEPS,
            cost_rounds=0,
            verbose=0,
            output=output,
            **one.options,
        )
    except InputError as error:
        output.mkdir(parents=True, exist_ok=True)
        (output / "error.txt").write_text(str(error), encoding="utf-8")
        print(f"{name}: {error}", flush=True)
        return
    print(f"{name}, {time.perf_counter() - started:.0f} s: {comparison.verdict[0]}", flush=True)


def row(name: str, folder: Path) -> tuple[str, ...]:
    """The row of one comparison."""
    if not (folder / name / "comparison.json").is_file():
        error = folder / name / "error.txt"
        told = error.read_text(encoding="utf-8") if error.is_file() else "not compared"
        return (name, told, *[""] * len(_TOLERANCES))
    found = json.loads((folder / name / "comparison.json").read_text(encoding="utf-8"))
    differences = [one for trial in found["trials"] for one in trial["differences"]]
    verdict = "same" if all(trial["is_same"] for trial in found["trials"]) else "**not the same**"
    for backend in found["failures"]:
        verdict += f"; {backend} cannot run it"
    cells = [_cell([one for one in differences if one["stage"] == stage]) for stage in _TOLERANCES]
    return (name, verdict, *cells)


def _cell(differences: list[dict[str, Any]]) -> str:
    """The largest difference of a stage, and why one beyond the tolerance is no fault."""
    judged = [one for one in differences if one["status"] != "listed"]
    listed = [one for one in differences if one["stage"] == "training" and one not in judged]
    worst = max(listed or judged, key=lambda one: _size(one) / _tolerance(one), default=None)
    if worst is None:
        return ""
    told = f"{_size(worst):.1e}"
    if listed:
        return f"{told}, not judged"
    if _size(worst) > _tolerance(worst):
        told += f", rounding allows {_share(worst, worst['limit']):.1e}"
    return told


def _size(one: Mapping[str, Any]) -> float:
    """How large a difference is in the measure of its tolerance."""
    return _share(one, one["relative"])


def _share(one: Mapping[str, Any], relative: float) -> float:
    """A relative difference; of losses as a share of 1 + loss, as their tolerance is."""
    if one["stage"] != "training" or not one["relative"]:
        return relative
    loss = one["absolute"] / one["relative"]
    return relative * loss / (1 + loss)


def _tolerance(one: Mapping[str, Any]) -> float:
    """What is allowed whatever rounding moves."""
    is_gradient = one["form"] in ("inputs", "variables")
    return _TOLERANCES["gradient" if is_gradient else one["stage"]]


def table(names: Iterable[str], folder: Path) -> str:
    """The Markdown table of all that was compared."""
    rows = [_COLUMNS, ("---",) * len(_COLUMNS), *(row(name, folder) for name in names)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def main() -> None:
    """Compare what is asked for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    for group in ("applications", "backbones", "recipes"):
        parser.add_argument(f"--{group}", action="store_true")
    parser.add_argument("--only", default="", help="names with commas")
    parser.add_argument("--backends", default="torch,tensorflow,jax")
    asked = parser.parse_args()
    sys.path.insert(0, str(_ROOT))
    from tests.comparison import zoo

    chosen: dict[str, Compared] = recipes() if asked.recipes else {}
    chosen |= networks(zoo.HUB) if asked.backbones else {}
    chosen |= networks(zoo.APPLICATIONS) if asked.applications else {}
    if not chosen:
        parser.error("Expected --recipes, --backbones or --applications. Received: none")
    only = [name for name in asked.only.split(",") if name]
    if unknown := [name for name in only if name not in chosen]:
        parser.error(f"Expected names out of {', '.join(chosen)}. Received: {unknown[0]}")
    names = only or list(chosen)
    for name in names:
        if not (asked.folder / name / "comparison.json").is_file():
            compare(name, chosen[name], asked.folder, asked.backends)
    print(f"\n{table(names, asked.folder)}")


if __name__ == "__main__":
    main()
