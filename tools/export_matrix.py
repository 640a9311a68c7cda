"""Exports a short run of every recipe in every format, and writes docs/export-matrix.md.

python tools/export_matrix.py FOLDER [--only NAMES] [--page]

Each recipe is trained for an epoch on few of its real samples, with a small model where it takes
one, and what came of each format is kept in `FOLDER/NAME.json`. It is not made again where it is
there. With --page the page is written from what is kept, and nothing is exported.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The package lies beside this folder, installed or not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

import kerastune as kt

PAGE = Path(__file__).resolve().parents[1] / "docs" / "export-matrix.md"

# What each is trained on: the name of data, of which so many samples are taken, and options.
RECIPES: dict[str, tuple[str, int | None, dict[str, Any]]] = {
    "causal_language_model": ("docstring_prose", 60, {"layers": 1, "heads": 2, "width": 16}),
    "distillation": (
        "docstrings",
        200,
        {
            "teacher": "transformer_classification:width=16,heads=2",
            "student": "rnn_classification:width=16,units=8",
        },
    ),
    "image_classification": ("digits:5-9", None, {"backbone": "small_resnet", "plan": "full"}),
    "image_generation": ("digits", 200, {"widths": (8, 16), "generated_images": 20}),
    "image_multitask": ("digits_and_angles", 200, {}),
    "image_regression": ("rotated_digits", 200, {}),
    "image_text_matching": ("glyphs", 200, {"width": 16}),
    "lenet": ("digits", None, {}),
    "linear_regression": ("diabetes", None, {}),
    "masked_language_model": ("docstring_prose", 60, {"heads": 2, "width": 16}),
    "mlp": ("digits", None, {}),
    "object_detection": ("scenes", 40, {"width": 16}),
    "phoneme_recognition": ("spoken_phonemes:en", 60, {"channels": 8, "skip_channels": 16}),
    "recommendation": ("movielens_100k", 3000, {"split": "random", "ranked_users": 20}),
    "rnn_classification": ("docstrings", 200, {"width": 16, "units": 8}),
    "speech_classification": ("spoken_words", 100, {"channels": 8, "skip_channels": 16}),
    "speech_synthesis": (
        "spoken_phonemes:en,voices=m3,pitch=50,takes=40",
        None,
        {"channels": 8, "skip_channels": 16, "condition_width": 8, "layers": 6, "judged_words": 2},
    ),
    "tabular_classification": ("breast_cancer", None, {}),
    "tabular_regression": ("autompg", None, {}),
    "text_classification": ("docstrings", 100, {"plan": "lora"}),
    "text_multilabel": ("docstring_imports", 100, {"plan": "head_only"}),
    "text_regression": ("docstring_lengths", 100, {"plan": "head_only"}),
    "token_classification": ("python_source", 60, {"plan": "head_only"}),
    "transformer_classification": ("docstrings", 200, {"width": 16}),
    "translation": ("dates:en:de", 200, {"width": 16}),
}


def samples(name: str, count: int | None) -> Any:
    """Some samples of real data, spread over all of them; or the name where all are taken."""
    if count is None:
        return name
    found = kt.data.open_data(name)
    return found.select(np.linspace(0, len(found) - 1, min(count, len(found))).astype(int))


def trained(name: str, folder: Path) -> Any:
    """The attempt to export a short run of a recipe, before anything is written."""
    from kerastune.exporting.attempts import prepared
    from kerastune.records import find_record

    data_name, count, options = RECIPES[name]
    data = samples(data_name, count)
    run, work = folder / "run", folder / "work"
    work.mkdir(parents=True)
    getattr(kt.recipes, name)(data, epochs=1, verbose=0, run_dir=run, **options)
    return prepared(find_record(run), work, data=None if count is None else data)


def written_and_run(made: Mapping[str, Any], formats: list[str]) -> dict[str, dict[str, str]]:
    """What is wrong with formats of each recipe: one process does one step of all of them."""
    from kerastune.backends.exported.formats import FORMATS, HERE
    from kerastune.exporting.faults import known_fault
    from kerastune.exporting.task import Task

    faults: dict[str, dict[str, str]] = {name: {} for name in made}
    for backend in dict.fromkeys(FORMATS[one].backend for one in formats):
        if backend == HERE:
            continue
        here = [one for one in formats if FORMATS[one].backend == backend]
        for kind, what in (("write", "written"), ("run", "run")):
            tasks = {}
            for name, one in made.items():
                left = [given for given in here if given not in faults[name]]
                file = f"{backend}-{what}.json"
                tasks[name] = one.work / f"{file}-task.json"
                Task(kind, left, backend, str(one.work), file).write(tasks[name])
            _started(tasks, backend if kind == "write" else "")
            for name, path in tasks.items():
                result = path.with_name(path.name.removesuffix("-task.json"))
                told = json.loads(result.read_text("utf-8")) if result.is_file() else {}
                for given in here:
                    fault = told.get(given, "its process has died")
                    if fault != "" and given not in faults[name]:
                        faults[name][given] = known_fault(given, what, fault or "it has died")
    return faults


def _started(tasks: Mapping[str, Path], backend: str) -> None:
    """Does tasks in one process; where one ends it, the others are done in the next."""
    left = list(tasks.values())
    while left:
        subprocess.run(
            [sys.executable, "-m", "kerastune.exporting.worker", *map(str, left)],
            env={**os.environ, "KERAS_BACKEND": backend} if backend else None,
            check=False,
        )
        results = [path.with_name(path.name.removesuffix("-task.json")) for path in left]
        begun = [result.is_file() for result in results]
        left = left[begun.count(True) or 1 :]


def exported(names: list[str], formats: list[str], kept: Path) -> None:
    """Exports recipes, and keeps what came of each."""
    from kerastune.exporting.attempts import judge

    with tempfile.TemporaryDirectory() as folder:
        made = {}
        for name in names:
            started = time.perf_counter()
            try:
                made[name] = trained(name, Path(folder, name))
            # One that cannot be trained here keeps no other from being tried.
            except Exception:
                traceback.print_exc()
            print(f"{name}: {time.perf_counter() - started:.0f} s", flush=True)
        faults = written_and_run(made, formats)
        for name, one in made.items():
            judge(one, formats, faults[name])
            found = {
                made_here.format: {
                    "difference": made_here.difference,
                    "largest": made_here.largest,
                    "why_not": made_here.why_not,
                    "run_by": made_here.run_by,
                    "has_raw": made_here.has_raw,
                }
                for made_here in one.artefacts
            }
            told = {"samples": one.samples.described, "notes": one.notes, "formats": found}
            (kept / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def page(folder: Path, names: list[str], formats: list[str]) -> str:
    """The page, from what is kept."""
    found = {
        name: json.loads(path.read_text("utf-8"))
        for name in names
        if (path := folder / f"{name}.json").is_file()
    }
    runtimes: dict[str, str] = {}
    reasons: dict[str, list[str]] = {}
    lines = [f"| recipe | {' | '.join(formats)} |", f"| :--- |{' ---: |' * len(formats)}"]
    for name, kept in found.items():
        cells = []
        for one in formats:
            cell = kept.get("formats", {}).get(one)
            cells.append(_cell(cell, name, reasons) if cell else "not tried")
            if cell and not cell["why_not"]:
                runtimes[one] = cell["run_by"]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    missing = [f"`{name}`" for name in RECIPES if name not in found]
    legend = [f"{number}. {why}" for number, why in enumerate(reasons, 1)]
    used = ", ".join(f"{one} by {runtime}" for one, runtime in runtimes.items())
    return "\n".join(
        [
            "# Recipes by formats",
            "",
            "What `kerastune export` makes of a short run of each recipe: the largest difference "
            "from what Keras computes on test samples, in units of the largest output where that "
            "is above 1; or why there is no file. A difference above 1e-5 would be a no. "
            "`raw` marks files that take samples as they are, with the preprocessing inside.",
            "",
            *lines,
            "",
            *legend,
            "",
            *([f"Not tried yet: {', '.join(missing)}.", ""] if missing else []),
            f"Run: {used}. Keras {kt.backends.versions()['keras']}, the runs were read on "
            f"{kt.backends.select()}. Written by `python tools/export_matrix.py FOLDER --page`, "
            "seed 0, one epoch on few real samples each. Models are small, except MiniLM, in "
            "`text_classification` with LoRA.",
            "",
        ]
    )


def _cell(cell: Mapping[str, Any], name: str, reasons: dict[str, list[str]]) -> str:
    if not cell["why_not"]:
        told = f"{cell['difference'] / max(1.0, cell['largest']):.0e}"
        return f"{told} raw" if cell["has_raw"] else told
    reasons.setdefault(cell["why_not"], []).append(name)
    return f"no ({list(reasons).index(cell['why_not']) + 1})"


def main() -> None:
    """Exports what is asked for and not there, and writes the page."""
    from kerastune.backends.exported.formats import FORMATS

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="names with commas")
    parser.add_argument("--formats", default="", help="names with commas")
    parser.add_argument("--page", action="store_true")
    asked = parser.parse_args()
    names = [name for name in asked.only.split(",") if name] or list(RECIPES)
    formats = [name for name in asked.formats.split(",") if name] or [
        name for name, one in FORMATS.items() if not one.missing()
    ]
    asked.folder.mkdir(parents=True, exist_ok=True)
    left = [name for name in names if not (asked.folder / f"{name}.json").is_file()]
    if left and not asked.page:
        exported(left, formats, asked.folder)
    if asked.page:
        PAGE.write_text(page(asked.folder, names, list(FORMATS)), encoding="utf-8")
        print(PAGE)


if __name__ == "__main__":
    main()
