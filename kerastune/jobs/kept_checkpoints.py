"""The checkpoints of a run: there while it lasts, and afterwards only the best one."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kerastune.checkpoints.best import best_step
from kerastune.checkpoints.folder import OF_RUN, name_of

CHECKPOINTS = OF_RUN.parent.name
"""The folder of a run with its checkpoints."""


def has_checkpoints(folder: Path) -> bool:
    """Returns whether a run can be gone on with.

    Args:
        folder: Path of the run.

    Example:

    >>> has_checkpoints(Path("no/such/run"))
    False
    """
    return next(folder.glob(f"{CHECKPOINTS}/*/step-*"), None) is not None


def drop_checkpoints(folder: Path, settings: Mapping[str, Any] | None) -> bool:
    """Removes the checkpoints of a run that is complete, but for the best if it is to stay.

    Args:
        folder: Path of the run.
        settings: dictionary of the arguments of `Checkpoints`, or None.

    Returns:
        Whether there is one that stays.

    Example:

    >>> import tempfile
    >>> drop_checkpoints(Path(tempfile.mkdtemp()), None)
    False
    """
    kept = folder / CHECKPOINTS
    metric = (settings or {}).get("keep_best")
    best = None
    if metric is not None and (folder / "history.json").is_file():
        epochs = json.loads((folder / "history.json").read_text(encoding="utf-8"))["epochs"]
        step = best_step(epochs, metric)
        best = None if step is None else folder / OF_RUN / name_of(step)
    if best is None or not best.is_dir():
        shutil.rmtree(kept, ignore_errors=True)
        return False
    for path in (*kept.iterdir(), *best.parent.iterdir()):
        if path.is_dir() and path not in (best, best.parent):
            shutil.rmtree(path, ignore_errors=True)
    return True
