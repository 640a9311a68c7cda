"""Runs the lines of a call in this process, and writes down what a person would see."""

import io
import json
import os
import shlex
import shutil
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from outputs.normalising import long_decimals_hidden, measured_hidden, without_machine
from outputs.pages import page_outline

OUT = Path("out")
RUN_FILES = ("report.html", "metrics.json", "result.json", "plan_table.json", "run.json")
TABLE_FILES = (".html", ".json", ".csv", ".md")
TIMES = {"started": "2026-03-01T10:00:00+00:00", "seconds": 75.0}


def shown(lines: str) -> str:
    """What the lines of a call show, made comparable.

    Args:
        lines: str, commands as in a shell, one a line, run in the current directory. What they
            write into its folder `out` is read.

    Returns:
        str: of each line the command, the exit status and what it prints; then the files.
    """
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    parts = [_run(line.strip()) for line in lines.strip().splitlines()]
    parts += [_file(path) for path in sorted(OUT.rglob("*")) if _is_told(path)]
    return "\n".join(parts)


def _run(command: str) -> str:
    """The command, its status and what it prints."""
    words = shlex.split(os.path.expandvars(command))
    start = words.index("kerastune")
    settings = {"COLUMNS": "80"} | dict(word.split("=") for word in words[:start])
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, settings),
        warnings.catch_warnings(),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        status = _status(words[start + 1 :])
    _settle_times()
    hides = {
        "run": measured_hidden,
        # What has a table without bars at the ends of its lines.
        "runs": long_decimals_hidden,
        "report": long_decimals_hidden,
    }.get(words[start + 1], str)
    printed, complained = (hides(without_machine(stream.getvalue())) for stream in (out, err))
    return f"$ {command}\nexit status {status}\n-- stdout\n{printed}-- stderr\n{complained}"


def _status(arguments: list[str]) -> str:
    """The exit status of the command, or what it raised."""
    from keras.utils import clear_session, set_random_seed

    from kerastune.cli import main

    # Keras numbers the names that it makes up from the start of a session.
    clear_session(free_memory=False)
    set_random_seed(0)
    try:
        return str(main(arguments))
    except SystemExit as stopped:
        return str(stopped.code)
    except Exception as error:  # A defect is an output too.
        return f"none: {type(error).__name__}: {error}"


def _settle_times() -> None:
    """Gives all runs the same times, so that tables of runs have columns of the same width."""
    for path in OUT.rglob("run.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | TIMES, indent=2) + "\n")


def _is_told(path: Path) -> bool:
    """Whether a file is for people, and not the log or the model of a run."""
    if (path.parent / "run.json").exists():
        return path.name in RUN_FILES
    return path.suffix in TABLE_FILES and path.parent == OUT


def _file(path: Path) -> str:
    """The content of a file."""
    of_a_run = (path.parent / "run.json").exists()
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        text = page_outline(text, drawn=not of_a_run)
    text = without_machine(text)
    if of_a_run and path.name != "plan_table.json":
        text = measured_hidden(text)
    return f"-- {path.as_posix()}\n{text}"
