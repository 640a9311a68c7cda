"""A folder of checkpoints: written whole, checked when they are read, the oldest taken away."""

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from kerastune import files
from kerastune.checkpoints.state import FILES, State, to_disk
from kerastune.errors import InputError, reason

OF_RUN = Path("checkpoints", "training")
"""Where the run of a recipe has the checkpoints of its training."""

MANIFEST = "manifest.json"
_NAME = re.compile(r"step-(\d{8,})")
_LOCK = "lock"


class CheckpointFolder:
    """Checkpoints of one training.

    Each is a folder named after its step. It is written under another name, with the size and
    the SHA-256 of each file in a manifest, brought to the disk, and named in one operation: what
    has the name is whole. One is written at a time, beside the training.

    Args:
        path: Path of the folder.
        keep_last: int, how many stay.

    Example:

    >>> import tempfile
    >>> folder = CheckpointFolder(Path(tempfile.mkdtemp()), keep_last=2)
    >>> for step in (1, 2, 3):
    ...     folder.write(step, State(values={"step": step}))
    >>> folder.wait()
    >>> [path.name for path in folder.checkpoints()]
    ['step-00000002', 'step-00000003']
    >>> folder.newest()[0].values
    {'step': 3}
    """

    def __init__(self, path: Path, keep_last: int) -> None:
        self.path = path
        self._keep_last = keep_last
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="checkpoint")
        self._written: Future[None] | None = None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """While this lasts, no other process uses the folder.

        The lock goes with the process, however it ends.

        Raises:
            InputError: if another process uses it, or it cannot be made.
        """
        from filelock import FileLock, Timeout

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / _LOCK, timeout=0)
            lock.acquire()
        except Timeout as error:
            raise InputError(
                "Expected a folder of checkpoints that no other process writes. Received: "
                f"'{self.path}', which one does. Wait for its end, or choose another"
            ) from error
        except OSError as error:
            raise InputError(
                f"Expected a folder for checkpoints that can be written. Received: {reason(error)}"
            ) from error
        try:
            yield
        finally:
            self.close()
            lock.release()

    def checkpoints(self) -> list[Path]:
        """list of Paths of the checkpoints that are there, the newest last."""
        if not self.path.is_dir():
            return []
        named = [(_NAME.fullmatch(path.name), path) for path in self.path.iterdir()]
        return [path for _, path in sorted((int(name[1]), path) for name, path in named if name)]

    def write(self, step: int, state: State, keeps: int | None = None) -> None:
        """Writes a checkpoint in the background, when the one before is written.

        Args:
            step: int, by which it is named.
            state: the `State`, whose arrays nobody changes any more.
            keeps: int, the step of a checkpoint that stays however old it is, or None.

        Raises:
            InputError: if the one before could not be written.
        """
        self.wait()
        self._written = self._writer.submit(self._write, step, state, keeps)

    def wait(self) -> None:
        """Waits until all is written.

        Raises:
            InputError: if it could not be.
        """
        written, self._written = self._written, None
        if written is None:
            return
        try:
            written.result()
        except OSError as error:
            raise InputError(
                f"Expected room for a checkpoint in '{self.path}'. Received: {reason(error)}. "
                "The checkpoints before it are whole: make room, and resume"
            ) from error

    def newest(self) -> tuple[State | None, list[str]]:
        """Reads the newest checkpoint that is whole.

        Returns:
            A tuple of the `State`, or None where there is no checkpoint, and a list of a line
            for each newer one that could not be read.

        Raises:
            InputError: if there are some, and none of them can be read.
        """
        told: list[str] = []
        for path in reversed(self.checkpoints()):
            try:
                return read_checkpoint(path), told
            except (OSError, ValueError) as error:
                told.append(f"The checkpoint '{path}' is damaged: {reason(error)}.")
        if told:
            raise InputError(
                f"Expected a checkpoint that is whole. Received: {' '.join(told)} Start again, "
                "with another directory"
            )
        return None, told

    def close(self) -> None:
        """Ends the writing, after what is being written."""
        self._writer.shutdown(wait=True)

    def _write(self, step: int, state: State, keeps: int | None) -> None:
        """Write a checkpoint, and take away those that are too many."""
        final = self.path / name_of(step)
        temporary = self.path / f".{secrets.token_hex(8)}.tmp"
        temporary.mkdir(parents=True)
        try:
            state.write(temporary)
            manifest = {name: _described(temporary / name) for name in FILES}
            files.write_json(temporary / MANIFEST, manifest)
            to_disk(temporary)
            if final.exists():
                _take_away(final)
            temporary.rename(final)
            to_disk(self.path)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        for old in self.checkpoints()[: -self._keep_last]:
            if keeps is None or old.name != name_of(keeps):
                _take_away(old)
        for left in self.path.glob(".*.tmp"):
            # By a process that was killed while it wrote.
            shutil.rmtree(left, ignore_errors=True)


def name_of(step: int) -> str:
    """Returns the name of the checkpoint of a step.

    Args:
        step: int.

    Example:

    >>> name_of(120)
    'step-00000120'
    """
    return f"step-{step:08d}"


def read_checkpoint(checkpoint: Path) -> State:
    """Returns what a checkpoint holds, if its files are those that were written.

    Args:
        checkpoint: Path of its folder.

    Raises:
        ValueError: if they are not.
        OSError: if they cannot be read.

    Example:

    See `CheckpointFolder.newest`, which calls it.
    """
    _check(checkpoint)
    return State.read(checkpoint)


def _take_away(checkpoint: Path) -> None:
    """Remove a checkpoint, which at no time looks whole and is not."""
    hidden = checkpoint.with_name(f".{secrets.token_hex(8)}.tmp")
    checkpoint.rename(hidden)
    shutil.rmtree(hidden, ignore_errors=True)


def _described(file: Path) -> dict[str, object]:
    """The size and the SHA-256 of a file."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return {"bytes": file.stat().st_size, "sha256": digest}


def _check(checkpoint: Path) -> None:
    """Raise unless the files of a checkpoint are those that were written."""
    manifest = json.loads((checkpoint / MANIFEST).read_text(encoding="utf-8"))
    if not isinstance(manifest, dict) or set(manifest) != set(FILES):
        raise ValueError(f"{MANIFEST} does not list {' and '.join(FILES)}")
    for name in FILES:
        if _described(checkpoint / name) != manifest[name]:
            raise ValueError(f"{name} is not what was written")
