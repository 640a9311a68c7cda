"""What an export is asked for, checked before any framework is loaded, and where it is put."""

import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kerastune.backends.exported.formats import FORMATS, require_installed
from kerastune.errors import InputError, closest, reason

if TYPE_CHECKING:
    from kerastune.records import RunRecord

SIGNATURE = "signature.json"
"""The file by which an export is known."""


def checked_formats(formats: str | Sequence[str]) -> list[str]:
    """Returns the formats that are asked for, each once.

    Args:
        formats: str, with commas between, or sequence of str.

    Returns:
        List of names out of `FORMATS`.

    Raises:
        InputError: if there is no such format, or what it needs is not installed.

    Example:

    >>> checked_formats("savedmodl")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected formats out of savedmodel, ... Did you mean 'savedmodel'?
    """
    asked = formats.split(",") if isinstance(formats, str) else formats
    names = list(dict.fromkeys(name.strip().lower() for name in asked if name.strip()))
    unknown = [name for name in names if name not in FORMATS]
    if unknown or not names:
        received = f"{unknown[0]!r}." + closest(unknown[0], list(FORMATS)) if unknown else "none"
        raise InputError(f"Expected formats out of {', '.join(FORMATS)}. Received: {received}")
    require_installed([FORMATS[name] for name in names])
    return names


def checked_directory(
    record: "RunRecord", directory: str | Path | None, *, overwrite: bool
) -> Path:
    """Returns where an export goes.

    Args:
        record: the `RunRecord` of the run.
        directory: str or Path, or None for the run's with `-export` behind its name.
        overwrite: bool, whether an export that is there may be replaced.

    Raises:
        InputError: if there is something else, or an export that may not be replaced.

    Example:

    >>> checked_directory(None, "no/such/folder", overwrite=False).name
    'folder'
    """
    if directory is None:
        directory = record.directory.resolve().with_name(f"{record.name}-export")
    place = Path(directory)
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return place
    if not (place / SIGNATURE).is_file():
        raise InputError(f"Expected a new or empty directory. Received: '{place}'")
    if not overwrite:
        raise InputError(
            f"Expected a new or empty directory. Received: '{place}', which holds an export. "
            "Choose another, or add --overwrite"
        )
    return place


def put_in_place(folder: Path, place: Path, *, overwrite: bool) -> None:
    """Gives a folder that is complete its name.

    Args:
        folder: Path of the folder, on the same disk.
        place: Path, a new or empty directory, or one that may be replaced.
        overwrite: bool, whether it may.

    Raises:
        InputError: if it cannot be.

    Example:

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "new").mkdir()
    >>> put_in_place(folder / "new", folder / "export", overwrite=False)
    >>> [path.name for path in folder.iterdir()]
    ['export']
    """
    former = place.with_name(f".{place.name}.{secrets.token_hex(4)}.old")
    try:
        if overwrite and place.exists():
            place.rename(former)
        folder.chmod(0o755)
        folder.rename(place)
    except OSError as error:
        if former.exists():
            former.rename(place)
        raise InputError(
            f"Expected a directory that can be written to. Received: '{place}': {reason(error)}"
        ) from error
    shutil.rmtree(former, ignore_errors=True)
