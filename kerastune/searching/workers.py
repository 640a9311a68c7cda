"""The processes that work on one study, which see of each other who is alive.

A process holds a lock on a file of its own as long as it lives. The system gives it back when
the process ends, however it ends, so that nobody has to wait for a time to pass. The locks are
those of SQLite, which the study needs anyway, and which is the same on each system.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

# Seconds: another may measure its best model on many test samples.
_PATIENCE = 86_400.0


@contextmanager
def locked(path: Path, patience: float = _PATIENCE) -> Iterator[None]:
    """Holds a file for this process alone inside a `with` block.

    Args:
        path: Path, made where it is not there.
        patience: float, seconds to wait for another process. Defaults to a day.

    Yields:
        None.

    Raises:
        TimeoutError: if another process holds it for longer.

    Example:

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "a.lock"
    >>> with locked(file):
    ...     is_held(file)
    True
    >>> is_held(file)
    False
    """
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
    try:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise TimeoutError(f"'{path}' is held by another process") from error
        yield
    finally:
        connection.close()


def is_held(path: Path) -> bool:
    """Returns whether a process holds a file.

    Args:
        path: Path.

    Example:

    >>> is_held(Path("no/such.lock"))
    False
    """
    if not path.is_file():
        return False
    try:
        with locked(path, patience=0):
            return False
    except TimeoutError:
        return True


class Workers:
    """The processes that work on a study, of which this is one.

    Args:
        folder: Path of a folder for their files, made where it is not there.

    Example:

    >>> import tempfile
    >>> workers = Workers(Path(tempfile.mkdtemp()))
    >>> with workers.at_work() as name:
    ...     workers.is_alive(name)
    True
    >>> workers.is_alive(name)
    False
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def at_work(self) -> Iterator[str]:
        """Lets the others see that this process is alive, inside a `with` block.

        Yields:
            The name of the process among the others, str.
        """
        name = uuid4().hex
        try:
            with locked(self._file(name)):
                yield name
        finally:
            self._file(name).unlink(missing_ok=True)

    def is_alive(self, name: str | None) -> bool:
        """Returns whether a process is still at work.

        Args:
            name: str, or None for one that had none yet.
        """
        return name is not None and is_held(self._file(name))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Makes the others wait inside a `with` block."""
        with locked(self.folder / "turn.lock"):
            yield

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.lock"
