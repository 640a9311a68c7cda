"""Run directories: one for everything that one training produces, listed by the run itself."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from shlex import quote
from typing import Any

import yaml

from kerastune import files
from kerastune.errors import InputError, reason
from kerastune.jobs.environment import environment
from kerastune.jobs.kept_checkpoints import CHECKPOINTS, drop_checkpoints, has_checkpoints
from kerastune.jobs.plain_values import plain
from kerastune.jobs.resuming import UNFINISHED_FEATURES, run_to_go_on
from kerastune.jobs.run_directories import (
    MARKER,
    RESULT,
    beside,
    foreign,
    kept_beside,
    new_directory,
    require_free,
)

UNTESTED = "untested"
"""The status of a run that is trained and not yet measured on the test samples."""


@dataclass
class Run:
    """One training, and the directory for what it produces.

    A run that replaces another is written beside it, and takes its place when it is
    complete: whatever interrupts it, the other stays.

    Args:
        recipe: str, the recipe's name.
        directory: Path, where the run is when it is complete.
        configuration: dictionary of the recipe's arguments, as YAML holds them.
        files: list of str, what the run has written, by name.
        overwrite: bool, whether a run that is in the directory may be replaced. Defaults
            to False.

    Example:

    >>> Run("lenet", Path("runs/one"), {"seed": 0}).folder.name
    'one'
    """

    recipe: str
    directory: Path
    configuration: dict[str, Any]
    files: list[str] = field(default_factory=list)
    overwrite: bool = False
    _replaces: bool = False
    _has_begun: bool = False
    _is_finished: bool = False
    _started: datetime = field(default_factory=lambda: datetime.now().astimezone())
    _paused: timedelta = timedelta()
    resumes: bool = False
    """Whether the run was begun before, and is gone on with."""

    @property
    def folder(self) -> Path:
        """Path, where the run is written while it is not complete."""
        return beside(self.directory, "new") if self._replaces else self.directory

    def path(self, name: str) -> Path:
        """Where to write a file or folder of the run, which is listed by this.

        Args:
            name: str, its name.

        Returns:
            A Path in `folder`.
        """
        if name not in self.files:
            self.files.append(name)
            # Before it is written, so that also a run that is killed lists its files.
            if self._has_begun:
                self.mark("running")
        return self.folder / name

    def go_on(self, resume: str) -> None:
        """Goes on with what the directory holds, if that is an unfinished run.

        Args:
            resume: str, `"auto"`, or `"anyway"` for a run of another configuration too.

        Raises:
            InputError: if there is a run of another configuration, a finished one, or something
                else.
        """
        former = run_to_go_on(self.directory, self.configuration, resume)
        if former is None:
            return
        self.files, self.resumes = list(former["files"]), True
        self._started = datetime.fromisoformat(former["started"])
        worked = timedelta(seconds=former["seconds"])
        self._paused = datetime.now().astimezone() - self._started - worked

    def begin(self) -> None:
        """Makes the directory and writes how the run was started.

        Writes `config.yaml` (the arguments, which `kerastune run --config` takes),
        `environment.json` (backend, devices and versions) and `run.json`.

        Raises:
            InputError: if the directory cannot be made, or is not free any more.
        """
        if not self.resumes:
            require_free(self.directory, overwrite=self.overwrite)
        try:
            is_taken = self.directory.exists() and any(self.directory.iterdir())
            self._replaces = is_taken and not self.resumes
            if self._replaces and self.folder.exists():
                shutil.rmtree(self.folder)  # Left by a run that was killed.
            self.folder.mkdir(parents=True, exist_ok=True)
            for left in self.folder.glob(UNFINISHED_FEATURES):
                shutil.rmtree(left)  # By a process that was killed.
            self._has_begun = True
            self.mark("running")
        except OSError as error:
            raise InputError(
                f"Expected a run_dir that can be written. Received: {reason(error)}"
            ) from error
        files.write_text(
            self.path("config.yaml"), yaml.safe_dump(self.configuration, sort_keys=False)
        )
        files.write_json(self.path("environment.json"), environment())

    def leave_untested(self) -> None:
        """Marks the run as trained and not tested, see `kerastune.jobs.reopening`."""
        self._end(UNTESTED)

    def finish(self) -> None:
        """Marks the run as complete, after everything else is written, and puts it in place."""
        self._end("finished")

    def _end(self, status: str) -> None:
        self._drop_checkpoints()
        self.mark(status)
        self._is_finished = True
        if self._replaces:
            former = beside(self.directory, "old")
            if former.exists():
                shutil.rmtree(former)  # Left by a run that was killed right here.
            self._put_in_place(former)
            shutil.rmtree(former)

    def interrupt(self) -> str:
        """Marks the run as interrupted, if what was trained is written, else as stopped.

        One that was to replace another is put in place; the other is kept beside, as
        `NAME-before`. Where nothing was trained the other stays where it is.

        Returns:
            What to do with the run, for people; nothing where it has not begun.
        """
        if not self._is_trained():
            self.stop()
            return ""
        kept = str(self.directory)
        told = (
            f"The run is kept in '{kept}': kerastune predict {quote(kept)} FILE, or "
            f"kerastune.load({kept!r}) in Python"
        )
        if has_checkpoints(self.folder) and not self._replaces:
            configuration = quote(str(self.directory / "config.yaml"))
            told += (
                f". Go on with: kerastune run --config {configuration} --run_dir {quote(kept)} "
                "--resume auto"
            )
        self.mark("interrupted")
        self._is_finished = True
        if self._replaces:
            former = kept_beside(self.directory, "before")
            self._put_in_place(former)
            told += f". The run that it was to replace is kept in '{former}'"
        return told

    def _drop_checkpoints(self) -> None:
        """Remove what nobody needs any more when the run is complete."""
        if not drop_checkpoints(self.folder, self.configuration.get("checkpoints")):
            self.files = [name for name in self.files if name != CHECKPOINTS]

    def _is_trained(self) -> bool:
        """Whether what `kerastune.load` needs is written, here or in a repeat."""
        return self._has_begun and next(self.folder.rglob(RESULT), None) is not None

    def _put_in_place(self, former: Path) -> None:
        """Let the run take the place of another, which is moved."""
        # Such as what a callback has written to the directory.
        for path in foreign(self.directory):
            if not (self.folder / path.name).exists():
                path.rename(self.folder / path.name)
        folder, self._replaces = self.folder, False
        self.directory.rename(former)
        folder.rename(self.directory)

    def stop(self) -> str:
        """Marks the run as stopped, which is one that an error ended.

        One that was to replace another leaves it in place: what was trained is kept beside, as
        `NAME-stopped`; where nothing was, nothing is kept. A run that could only not be put in
        place stays where it was written.

        Returns:
            Where a model that was trained is, for people; nothing where there is none.
        """
        if not self._has_begun or self._is_finished:
            return ""
        is_trained = self._is_trained()
        if self._replaces and not is_trained:
            shutil.rmtree(self.folder, ignore_errors=True)
            return ""
        kept = self.folder
        # What stopped it is told, and not that this cannot be written any more.
        with suppress(OSError):
            self.mark("stopped")
            if self._replaces:
                kept = self.folder.rename(kept_beside(self.directory, "stopped"))
        return f"The model was trained before, and is kept in '{kept}'" if is_trained else ""

    def mark(self, status: str) -> None:
        """Writes what tells a run directory from any other.

        Args:
            status: str, `"running"`, `"untested"`, `"stopped"`, `"interrupted"` or `"finished"`.
        """
        seconds = (datetime.now().astimezone() - self._started - self._paused).total_seconds()
        manifest = {
            "recipe": self.recipe,
            "status": status,
            "started": self._started.isoformat(timespec="seconds"),
            "seconds": round(seconds, 1),
            "files": sorted(self.files),
        }
        files.write_json(self.folder / MARKER, manifest)


@contextmanager
def new_run(
    recipe: str,
    configuration: dict[str, Any],
    *,
    run_dir: str | Path | None = None,
    overwrite: bool = False,
    resume: str | None = None,
) -> Iterator[Run]:
    """A run whose directory is free, and whose end is marked whatever happens inside.

    Nothing is written before `Run.begin`: a job is first made ready to train.

    Args:
        recipe: str, the recipe's name.
        configuration: dictionary of the recipe's arguments.
        run_dir: where the run goes; None for a new directory under `runs`, named after
            the recipe and the time.
        overwrite: bool, whether a run that is there already may be replaced.
        resume: str, `"auto"` to go on with an unfinished run of the same configuration in the
            directory, `"anyway"` to go on whatever its configuration was, or None.

    Yields:
        A `Run`.

    Raises:
        InputError: if the directory holds a run and `overwrite` is False, or if it
            holds anything else.
        KeyboardInterrupt: if that is raised inside, with what to do with the run.

    Example:

    >>> with new_run("lenet", {"seed": 0}, run_dir="runs/new") as run:
    ...     run.directory.name
    'new'
    """
    directory = Path(run_dir).resolve() if run_dir else new_directory(recipe)
    held = {name: plain(value) for name, value in configuration.items()}
    run = Run(recipe, directory, held, overwrite=overwrite)
    if resume is None:
        require_free(directory, overwrite=overwrite)
    else:
        run.go_on(resume)
    try:
        yield run
    except KeyboardInterrupt as error:
        error.args = (f"{str(error) or 'Interrupted'}. {run.interrupt()}".removesuffix(". "),)
        raise
    except BaseException as error:
        if kept := run.stop():
            error.add_note(kept)
        raise
