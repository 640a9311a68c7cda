"""Run directories as runs write them, made without training."""

import json
from pathlib import Path
from typing import Any

import yaml


def make_run(directory: Path, **changes: Any) -> Path:
    """Writes the small files of a run.

    Args:
        directory: Path, made if it is not there.
        **changes: content of files by their names without the ending: `run={...}`. What is
            given is put over what the file holds; a file that is None is left out.

    Returns:
        `directory`.
    """
    directory.mkdir(parents=True)
    epochs = [
        {"stage": "head", "epoch": number, "steps": 2 * number, "loss": 1 / number}
        for number in (1, 2)
    ]
    contents: dict[str, Any] = {
        "run.json": {
            "recipe": "lenet",
            "status": "finished",
            "started": "2026-03-01T10:00:00+00:00",
            "seconds": 75.0,
            "files": [],
        },
        "config.yaml": {"backend": "jax", "data": "digits", "plan": "full", "epochs": 2},
        "environment.json": {"backend": "jax", "versions": {"keras": "3.15.1"}},
        "metrics.json": {
            "metrics": {"accuracy": 0.75, "loss": 0.5},
            "baselines": {"majority": {"accuracy": 0.25}, "linear": {"accuracy": 0.5}},
            "higher_is_better": {"accuracy": True, "loss": False},
            "verdict": ["Accuracy 0.7500 beats linear (0.5000) by 0.2500."],
            "notes": ["training: 90 samples of digits"],
        },
        "plan.yaml": {"name": "full", "stages": [{"name": "one", "learning_rate": 0.1}]},
        "plan_table.json": [
            {"stage": "one", "group": "head", "parameters": 11, "trainable": 11, "learning_rate": 1}
        ],
        "history.json": {"step_loss": [1.0] * 4, "epochs": epochs, "stages": []},
        "report.html": "<p>A report.</p>",
    }
    for name, content in contents.items():
        stem, _, kind = name.partition(".")
        change = changes.get(stem, {})
        if change is None:
            continue
        if isinstance(content, dict):
            content = {**content, **change}
        write = {"json": json.dumps, "yaml": yaml.safe_dump, "html": str}[kind]
        (directory / name).write_text(write(content), encoding="utf-8")
    return directory
