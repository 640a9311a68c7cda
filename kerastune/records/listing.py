"""The runs in a folder."""

import os
from dataclasses import dataclass
from pathlib import Path

from kerastune.errors import InputError, closest
from kerastune.jobs.run_directories import MARKER
from kerastune.records.reading import read_record
from kerastune.records.record import RunRecord


@dataclass(frozen=True)
class Listing:
    """The runs in a folder, and what else is there.

    Args:
        records: tuple of `RunRecord`, the newest first.
        broken: tuple of str, why other runs cannot be read, a line each.
        foreign: tuple of Path, the folders that are no runs and hold none.

    Example:

    >>> Listing((), (), ()).records
    ()
    """

    records: tuple[RunRecord, ...]
    broken: tuple[str, ...]
    foreign: tuple[Path, ...]


def list_records(folder: str | Path) -> Listing:
    """Reads the runs in a folder, and in the folders right in it.

    So `runs/first` and `runs/monday/first` are found, and not what lies deeper. Hidden
    folders are left out: there a run lies that is to replace another when it is complete.

    Args:
        folder: str or Path. A run directory itself is a list of one.

    Returns:
        A `Listing`.

    Raises:
        InputError: if there is no such folder.

    Example:

    >>> import tempfile
    >>> list_records(tempfile.mkdtemp())
    Listing(records=(), broken=(), foreign=())
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"Expected a folder of runs. Received: '{folder}', which is no directory")
    found, foreign = _run_directories(folder)
    records, broken = [], []
    for directory in found:
        try:
            records.append(read_record(directory))
        except InputError as error:
            broken.append(str(error).rpartition("Received: ")[2])
    # Of runs that started in the same moment, those of the later name come first.
    records.sort(key=lambda record: (record.started, record.name), reverse=True)
    return Listing(tuple(records), tuple(broken), tuple(foreign))


def find_record(name: str | Path, folder: str | Path = "runs") -> RunRecord:
    """Reads the run that a name stands for.

    Args:
        name: str or Path, a run directory, or the name of one in `folder`.
        folder: str or Path, where runs are. Defaults to `runs`.

    Returns:
        A `RunRecord`.

    Raises:
        InputError: if there is no such run.

    Example:

    >>> find_record("first", "no/such/folder")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a run directory, or the name of one in ...
    """
    locations = [Path(name), Path(folder) / name]
    for location in locations:
        if (location / MARKER).is_file():
            return read_record(location)
    if locations[0].is_dir():
        return read_record(locations[0])  # Raises, and says what is there instead.
    known: list[str] = []
    if Path(folder).is_dir():
        directories, _ = _run_directories(Path(folder))
        known = [str(directory.relative_to(folder)) for directory in directories]
    raise InputError(
        f"Expected a run directory, or the name of one in '{folder}'. Received: '{name}', which is "
        f"neither.{closest(str(name), known)}"
    )


def _run_directories(folder: Path) -> tuple[list[Path], list[Path]]:
    """Returns the run directories up to two levels below a folder, and folders without any."""
    if (folder / MARKER).is_file():
        return [folder], []
    found, foreign = [], []
    for inside in _folders(folder):
        if (inside / MARKER).is_file():
            found.append(inside)
            continue
        deeper = [location for location in _folders(inside) if (location / MARKER).is_file()]
        found += deeper
        foreign += [] if deeper else [inside]
    return found, foreign


def _folders(folder: Path) -> list[Path]:
    """Returns the folders in a folder by name, without hidden and unreadable ones."""
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")
            ]
    except OSError:
        return []
    return [folder / name for name in sorted(names)]
