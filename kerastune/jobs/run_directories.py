"""Where runs are written: what is free, what a run has written there, and what is not its own."""

import os
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from kerastune.errors import InputError, reason
from kerastune.untrusted.reading import read_json

MARKER = "run.json"
"""The file that tells a run directory from any other."""

RESULT = "result.json"
"""The file that is written last of what `kerastune.load` needs."""

FIRST_REPEAT = "repeat-1"
"""The directory, within that of a run with repeats, of the first of them."""

# What runs wrote before they listed their files.
_WRITTEN_BEFORE_MANIFESTS = [
    "backbone.keras",
    "config.yaml",
    "confusion.png",
    "environment.json",
    "history.json",
    "learning_curves.png",
    "learning_rates.png",
    "metrics.json",
    "model.keras",
    "plan.yaml",
    "plan_table.json",
    "predictions.png",
    "preprocessor",
    "report.html",
    "result.json",
]


def require_free(run_dir: str | Path | None, *, overwrite: bool) -> None:
    """Raises unless a run can be written to a directory.

    Args:
        run_dir: where the run is to go; None for a new directory.
        overwrite: bool, whether a run that is there already may be replaced.

    Raises:
        InputError: if the directory holds a run and `overwrite` is False, or if it
            holds anything else.

    Example:

    >>> require_free("runs/new", overwrite=False)
    """
    if not run_dir:
        return
    directory = Path(run_dir).resolve()
    try:
        _put_back(directory)
        if not directory.exists():
            return
        if not directory.is_dir():
            raise InputError(f"Expected a run_dir that is a directory. Received: '{directory}'")
        is_empty, others = not any(directory.iterdir()), foreign(directory)
    except OSError as error:
        raise InputError(f"Expected a usable run_dir. Received: {reason(error)}") from error
    if others:
        raise InputError(
            f"Expected a new or empty run_dir. Received: '{directory}', which holds something "
            f"else, '{others[0].name}'. Choose another run_dir"
        )
    if not is_empty and not overwrite:
        raise InputError(
            f"Expected a new run_dir. Received: '{directory}', which holds a run. "
            "Choose another run_dir, or --overwrite"
        )


def require_empty(directory: Path) -> None:
    """Raises if there is something where a new directory is to be.

    Args:
        directory: Path.

    Raises:
        InputError: if it is a file, or a directory that holds something.

    Example:

    >>> require_empty(Path("runs/new"))
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise InputError(f"Expected a new or empty directory. Received: '{directory}'")


def beside(directory: Path, role: str) -> Path:
    """The hidden directory beside a run's for the run that comes or that goes.

    Both names are of one length: where the first can be written, so can the second.

    Args:
        directory: Path of the run.
        role: str, `"new"` or `"old"`.

    Returns:
        A Path.

    Example:

    >>> beside(Path("runs/one"), "new").name
    '.one.new'
    """
    return directory.with_name(f".{directory.name}.{role}")


def kept_beside(directory: Path, role: str) -> Path:
    """Where a run is kept whose place another has: one before it, or one that was stopped.

    Args:
        directory: Path of the place.
        role: str, `"before"` or `"stopped"`.

    Returns:
        A Path that does not exist.

    Example:

    >>> kept_beside(Path("runs/one"), "before").name
    'one-before'
    """
    return _first_free(directory.with_name(f"{directory.name}-{role}"))


def foreign(directory: Path) -> list[Path]:
    """What is in a directory that no run has written there.

    Args:
        directory: Path of a directory that exists.

    Returns:
        List of paths, hidden temporary files besides.

    Example:

    >>> import tempfile
    >>> directory = Path(tempfile.mkdtemp())
    >>> (directory / "thesis.txt").touch()
    >>> [path.name for path in foreign(directory)]
    ['thesis.txt']
    """
    written = _written(directory)
    return [
        path
        for path in sorted(directory.iterdir())
        if path.name not in written
        and not (path.name.startswith(".") and path.name.endswith(".tmp"))
    ]


def new_directory(recipe: str) -> Path:
    """A directory that does not exist yet, named after the recipe and the time.

    Args:
        recipe: str, the recipe's name.

    Returns:
        A Path under `runs`.

    Example:

    >>> new_directory("lenet").name.startswith("lenet-")
    True
    """
    return _first_free(Path("runs") / f"{recipe}-{datetime.now():%Y%m%d-%H%M%S}")


def _first_free(first: Path) -> Path:
    """A path, or that with the lowest number behind it under which there is nothing."""
    later = (first.with_name(f"{first.name}-{number}") for number in count(2))
    return next(path for path in chain([first], later) if not path.exists())


def _put_back(directory: Path) -> None:
    """Undo what a process that was killed while it put a run in place has left."""
    former = beside(directory, "old")
    # Of a name that is too long, `Path.is_dir` raises.
    if os.path.isdir(former) and not directory.exists():
        former.rename(directory)


def _written(directory: Path) -> list[str]:
    """The names that the run in a directory lists as its own; none where there is no run."""
    if not (directory / MARKER).is_file():
        return []
    try:
        manifest = read_json(directory / MARKER)
        listed = manifest.get("files", _WRITTEN_BEFORE_MANIFESTS) if manifest["status"] else []
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return [MARKER]
    return [MARKER, *listed] if isinstance(listed, list) else [MARKER]
