"""Several files that are written together: all of them, or none."""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from kerastune.errors import InputError, reason
from kerastune.files import write_bytes


def refuse_written(folder: Path, names: Sequence[str]) -> None:
    """Refuses a folder in which some of the files are already.

    Args:
        folder: Path, which need not be there.
        names: sequence of str, the names of the files.

    Raises:
        InputError: if one is there, or the folder is a file.

    Example:

    >>> import tempfile
    >>> refuse_written(Path(tempfile.mkdtemp()), ["config.json"])
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"Expected a directory. Received: {str(folder)!r}, which is a file")
    for name in names:
        if os.path.lexists(folder / name):
            raise InputError(
                f"Expected a directory without such files. Received: {str(folder)!r}, which has "
                f"{name}. Remove it, or name another directory"
            )


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes files; a new folder takes its name when it is complete.

    Args:
        folder: Path, which is made if it is not there.
        files: dictionary from names to contents. In a folder that is there, they are written in
            this order: the one by which others know that it is complete comes last.

    Raises:
        InputError: if they cannot be written. Then none is there.

    Example:

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp(), "new")
    >>> write_folder(folder, {"weights": b"12", "config.json": b"{}"})
    >>> sorted(path.name for path in folder.iterdir())
    ['config.json', 'weights']
    """
    if not folder.exists():
        with new_folder(folder) as place:
            for name, data in files.items():
                write_bytes(place / name, data)
        return
    done = []
    try:
        for name, data in files.items():
            write_bytes(folder / name, data)
            done.append(folder / name)
    except BaseException as error:
        for path in done:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(folder, error) from error
        raise


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Gives a folder to write into, which takes its name when the block has ended.

    Args:
        folder: Path, which is not there.

    Yields:
        Path of a folder beside it.

    Raises:
        InputError: if it cannot be written.

    Example:

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp(), "new")
    >>> with new_folder(folder) as place:
    ...     _ = (place / "config.json").write_text("{}")
    >>> [path.name for path in folder.iterdir()]
    ['config.json']
    """
    place = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
    try:
        place.mkdir(parents=True)
        yield place
        place.rename(folder)
    except BaseException as error:
        shutil.rmtree(place, ignore_errors=True)
        if isinstance(error, OSError):
            raise _unwritable(folder, error) from error
        raise


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(
        f"Expected a directory that can be written to. Received: {str(folder)!r}: {reason(error)}"
    )
