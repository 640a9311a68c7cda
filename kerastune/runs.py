"""Run directories: one for everything that one training produces."""

import platform
import shutil
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

import yaml

from kerastune import backends, files
from kerastune.errors import InputError, reason

MARKER = "run.json"


# All that a run writes, hidden temporary files besides. A directory that holds anything
# else is never replaced.
_WRITTEN = {
    MARKER,
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
}


@dataclass(frozen=True)
class Run:
    """One training, and the directory for what it produces.

    Args:
        recipe: str, the recipe's name.
        directory: Path, which `begin` makes.
        configuration: dictionary of the recipe's arguments.
        overwrite: bool, whether a run that is there already may be replaced.
        former_precision: str, the precision that `finish` sets again.

    Example:

    >>> Run("lenet", Path("runs/one"), {"seed": 0}, False, "float32").directory.name
    'one'
    """

    recipe: str
    directory: Path
    configuration: dict[str, Any]
    overwrite: bool
    former_precision: str

    def begin(self) -> None:
        """Make the directory and write how the run was started.

        Writes `config.yaml` (the arguments, which `kerastune run --config` takes),
        `environment.json` (backend, devices and versions) and `run.json`. A run that is
        to be replaced is set aside as `.NAME.replaced`, and removed by `finish`.

        Raises:
            InputError: if the directory is not free, or cannot be made.
        """
        _check_free(self.directory, self.overwrite)
        try:
            if self.directory.exists() and any(self.directory.iterdir()):
                # A finished run that an unfinished one has set aside already stays there.
                if self._replaced.exists():
                    shutil.rmtree(self.directory)
                else:
                    self.directory.rename(self._replaced)
            self.directory.mkdir(parents=True, exist_ok=True)
            self._mark("running")
        except OSError as error:
            raise InputError(
                f"Expected a run_dir that can be written. Received: {reason(error)}"
            ) from error
        files.write_text(
            self.directory / "config.yaml", yaml.safe_dump(self.configuration, sort_keys=False)
        )
        files.write_json(self.directory / "environment.json", environment())

    def finish(self) -> None:
        """Mark the run as complete, after everything else is written."""
        self._mark("finished")
        if self._replaced.exists():
            shutil.rmtree(self._replaced)
        backends.set_precision(self.former_precision)

    @property
    def _replaced(self) -> Path:
        """Where the run that this one replaces is kept until this one is complete."""
        return self.directory.with_name(f".{self.directory.name}.replaced")

    def _mark(self, status: str) -> None:
        """Write what tells a run directory from any other."""
        files.write_json(self.directory / MARKER, {"recipe": self.recipe, "status": status})


def prepare_run(
    recipe: str,
    arguments: dict[str, Any],
    *,
    run_dir: str | Path | None,
    overwrite: bool,
    seed: int,
    precision: str,
) -> Run:
    """Seed everything, set the precision, and see that the directory is free.

    Nothing is written: a recipe first reads its data and loads its model, and calls
    `Run.begin` when it knows that it can train.

    Args:
        recipe: str, the recipe's name.
        arguments: dictionary of the recipe's arguments, as its `locals()` at the start.
        run_dir: where the run goes; None for a new directory under `runs`, named after
            the recipe and the time.
        overwrite: bool, whether a run that is there already may be replaced.
        seed: int, for Python, NumPy and the backend.
        precision: str, the name of a Keras dtype policy.

    Returns:
        A `Run`.

    Raises:
        InputError: if the directory holds a run and `overwrite` is False, or if it
            holds anything else, and for an unknown precision, seed or batch size.

    Example:

    >>> prepare_run(
    ...     "lenet", {"seed": 0}, run_dir="runs/new", overwrite=False, seed=0, precision="float32"
    ... ).directory.name
    'new'
    """
    batch_size = arguments.get("batch_size", 1)
    if batch_size < 1:
        raise InputError(f"Expected a batch_size of at least 1. Received: {batch_size}")
    directory = Path(run_dir).resolve() if run_dir else _new_directory(recipe)
    _check_free(directory, overwrite)
    backends.seed_everything(seed)
    former_precision = backends.precision()
    backends.set_precision(precision)
    configuration = {"backend": backends.select()}
    configuration |= {
        name: _plain(value) for name, value in arguments.items() if name != "overwrite"
    }
    return Run(recipe, directory, configuration, overwrite, former_precision)


def environment() -> dict[str, Any]:
    """What a result depends on besides its arguments.

    Returns:
        Dictionary with the backend, its devices, the precision, versions and platform.

    Example:

    >>> environment()["backend"] in backends.BACKENDS
    True
    """
    return {
        "backend": backends.select(),
        "devices": backends.devices(),
        "precision": backends.precision(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": backends.versions(),
    }


def _check_free(directory: Path, overwrite: bool) -> None:
    """Raise unless a run can be written to the directory."""
    try:
        if not directory.exists():
            return
        if not directory.is_dir():
            raise InputError(f"Expected a run_dir that is a directory. Received: '{directory}'")
        names = sorted(path.name for path in directory.iterdir())
    except OSError as error:
        raise InputError(f"Expected a usable run_dir. Received: {reason(error)}") from error
    foreign = [
        name
        for name in names
        if name not in _WRITTEN and not (name.startswith(".") and name.endswith(".tmp"))
    ]
    if foreign or (names and MARKER not in names):
        raise InputError(
            f"Expected a new or empty run_dir. Received: '{directory}', which holds something "
            f"else, '{(foreign or names)[0]}'. Choose another run_dir"
        )
    if names and not overwrite:
        raise InputError(
            f"Expected a new run_dir. Received: '{directory}', which holds a run. "
            "Choose another run_dir, or --overwrite"
        )


def _new_directory(recipe: str) -> Path:
    """A directory that does not exist yet, named after the recipe and the time."""
    first = Path("runs") / f"{recipe}-{datetime.now():%Y%m%d-%H%M%S}"
    later = (first.with_name(f"{first.name}-{number}") for number in count(2))
    return next(path for path in chain([first], later) if not path.exists())


def _plain(value: Any) -> Any:
    """An argument as YAML can hold it; data given as objects become their description."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, (list, tuple)) and all(
        isinstance(item, (str, int, float)) for item in value
    ):
        return list(value)
    if isinstance(value, dict):
        return value
    if hasattr(value, "to_dict"):
        return value.to_dict()
    return str(value) if isinstance(value, Path) else f"<{type(value).__name__}>"
