"""Runs for Weights & Biases."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kerastune.errors import InputError, MissingExtraError, reason
from kerastune.tracking.tracker import Tracker


class WandbTracker(Tracker):
    """Curves, pictures, settings and files as a run of Weights & Biases.

    It is offline, in the folder `wandb` of the run directory, unless `WANDB_MODE` says otherwise:
    `wandb sync` sends it later. The project is `WANDB_PROJECT`, or `kerastune`.

    Args:
        run_dir: as for `Tracker`.
        name: likewise.
        settings: likewise.
        former: str, the identifier of the run that goes on, or None for a new one.

    Raises:
        MissingExtraError: if wandb is not installed.
        InputError: if a run cannot be begun, such as without a network where it is to be online.
    """

    library = "wandb"
    writes = ("wandb",)

    def __init__(
        self, run_dir: Path, name: str, settings: Mapping[str, Any], former: str | None
    ) -> None:
        try:
            import wandb
        except ImportError as error:
            raise MissingExtraError("Tracking by Weights & Biases", "wandb") from error
        super().__init__(run_dir, name, settings, former)
        self._wandb = wandb
        mode: Any = os.environ.get("WANDB_MODE", "offline")
        try:
            self._run = wandb.init(
                project=os.environ.get("WANDB_PROJECT", "kerastune"),
                name=name,
                id=former,
                resume="allow" if former and mode != "offline" else None,
                config=dict(settings),
                dir=str(run_dir),
                mode=mode,
                reinit="create_new",
                settings=wandb.Settings(silent=True, console="off"),
            )
        except Exception as error:  # Of many kinds, such as of its connection.
            raise InputError(
                "Expected a run of Weights & Biases that can be begun. Received: "
                f"{reason(error)}. WANDB_MODE=offline needs no network"
            ) from error

    @property
    def identity(self) -> str:
        """str, the identifier of the run."""
        return str(self._run.id)

    @property
    def told(self) -> str:
        """str, where the run is, or how it is sent."""
        if self._run.offline:
            return f"wandb sync '{Path(self._run.dir).parent}'"
        return str(self._run.url)

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Keeps numbers at a step."""
        self._run.log(dict(values), step=step)

    def picture(self, name: str, path: Path, step: int) -> None:
        """Keeps a picture."""
        self._run.log({name: self._wandb.Image(str(path))}, step=step)

    def files(self, paths: Sequence[Path]) -> None:
        """Keeps files as an artefact of the run."""
        artifact = self._wandb.Artifact(f"run-{self._run.id}", type="run")
        for path in paths:
            artifact.add_file(str(path))
        self._run.log_artifact(artifact)

    def ended(self, status: str) -> None:
        """Closes the run."""
        self._run.finish(exit_code=0 if status == "finished" else 1)
