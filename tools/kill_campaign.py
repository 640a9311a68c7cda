"""Kills a run at random moments, goes on with it each time, and compares it with one in one piece.

python tools/kill_campaign.py [--backend torch] [--kills 10] [--seed 0] [-- RECIPE OPTIONS]

Runs are killed by SIGKILL and gone on with until there were as many kills as asked for. The last
line is the table: kills, runs that could not be gone on with, times that a checkpoint was lost,
and the largest difference of a loss or a metric. Exit status 1 where there is one of these.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

RECIPE = ("mlp", "--data", "digits", "--epochs", "12", "--dropout", "0.3")
RECIPE += ("--validation_fraction", "0.2", "--early_stopping", "4")
CHECKPOINTS = ("--resume", "auto", "--checkpoints", "{every_steps: 3, every_epoch: true}")


def started(command: list[str], backend: str) -> "subprocess.Popen[str]":
    """A run in a process of its own.

    Args:
        command: list of str, the arguments of `kerastune run`.
        backend: str.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "kerastune", "run", *command],
        env={**os.environ, "KERAS_BACKEND": backend},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def steps_trained(directory: Path) -> int:
    """The steps of the newest checkpoint of a run, or 0.

    Args:
        directory: Path of the run.
    """
    found = directory.glob("checkpoints/training/step-*")
    return max((int(path.name.removeprefix("step-")) for path in found), default=0)


def read(directory: Path) -> dict[str, Any]:
    """What a finished run measured.

    Args:
        directory: Path of the run.
    """
    history = json.loads((directory / "history.json").read_text(encoding="utf-8"))
    metrics = json.loads((directory / "metrics.json").read_text(encoding="utf-8"))
    return {"losses": history["step_loss"], "metrics": metrics["metrics"]}


def largest_difference(one: dict[str, Any], other: dict[str, Any]) -> float:
    """The largest difference of a loss or a metric, infinite where there are not as many.

    Args:
        one: dictionary of `read`.
        other: another.
    """
    losses = [dictionary["losses"] for dictionary in (one, other)]
    if len(losses[0]) != len(losses[1]) or one["metrics"].keys() != other["metrics"].keys():
        return float("inf")
    pairs = list(zip(*losses, strict=True))
    for name, value in one["metrics"].items():
        if isinstance(value, int | float):
            pairs.append((value, other["metrics"][name]))
    return max(abs(left - right) for left, right in pairs)


def campaign(recipe: list[str], backend: str, kills: int, folder: Path) -> tuple[int, int, float]:
    """Kills runs until there were enough kills.

    Args:
        recipe: list of str, the recipe and its options.
        backend: str.
        kills: int.
        folder: Path for the runs.

    Returns:
        Tuple of the runs that failed, the checkpoints that went backwards, and the largest
        difference from the run in one piece.
    """
    began = time.monotonic()
    whole = started([*recipe, "--run_dir", str(folder / "whole")], backend)
    if whole.wait():
        raise SystemExit(whole.stderr.read() if whole.stderr else "the run failed")
    seconds, expected = time.monotonic() - began, read(folder / "whole")
    failed, backwards, difference, done, number = 0, 0, 0.0, 0, 0
    while done < kills:
        number += 1
        directory = folder / f"killed-{number}"
        command = [*recipe, "--run_dir", str(directory), *CHECKPOINTS]
        status: int | None = -signal.SIGKILL
        while status == -signal.SIGKILL:
            before = steps_trained(directory)
            process = started(command, backend)
            try:
                # Half of the time passes before the first step.
                wait = random.uniform(0.3, 1.1) * seconds if done < kills else None
                process.wait(wait)
            except subprocess.TimeoutExpired:
                process.kill()
                done += 1
            status = process.wait()
            is_running = status != 0 and (directory / "checkpoints").is_dir()
            backwards += is_running and steps_trained(directory) < before
        if status:
            failed += 1
            print(process.stderr.read() if process.stderr else status, file=sys.stderr)
        else:
            difference = max(difference, largest_difference(expected, read(directory)))
        print(f"{backend}: {done} of {kills} kills, run {number}, status {status}", flush=True)
        shutil.rmtree(directory, ignore_errors=True)
    return failed, backwards, difference


def main() -> int:
    """Runs the campaign; returns 1 where a run was lost or differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--backend", default="torch", choices=("tensorflow", "jax", "torch"))
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("recipe", nargs="*", default=list(RECIPE))
    options = parser.parse_args()
    random.seed(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        found = campaign(options.recipe, options.backend, options.kills, Path(folder))
    failed, backwards, difference = found
    print("| backend | kills | runs lost | went backwards | largest difference |")
    print("|---|---|---|---|---|")
    print(f"| {options.backend} | {options.kills} | {failed} | {backwards} | {difference:.3g} |")
    return int(failed > 0 or backwards > 0 or difference > 0)


if __name__ == "__main__":
    sys.exit(main())
