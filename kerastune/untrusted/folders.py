"""Folders of unknown origin: what is in them, and what only looks so."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from kerastune.untrusted.reading import quoted

MOST_FILES = 100_000


def require_inside(folder: Path, names: Iterable[str] | None = None) -> None:
    """Raises if something in a folder is a link that leads out of it.

    The caches of Hugging Face are known: a `snapshots` folder, whose links lead to the `blobs`
    beside it.

    Args:
        folder: Path of a folder.
        names: names in it, files and folders, that are looked at. Defaults to all.

    Raises:
        ValueError: if there is such a link, or there are too many files.

    Example:

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "model.keras").symlink_to("/etc/hostname")
    >>> require_inside(folder)
    Traceback (most recent call last):
        ...
    ValueError: 'model.keras' is a link that leads out of the folder: copy the file
    """
    home = folder.resolve()
    allowed = [home]
    if home.parent.name == "snapshots":
        allowed.append(home.parent.parent / "blobs")
    starts = [folder] if names is None else [folder / name for name in names]
    for start in starts:
        for path in _all_in(start):
            if path != folder and path.is_symlink():
                target = path.resolve()
                if not any(target.is_relative_to(place) for place in allowed):
                    name = quoted(str(path.relative_to(folder)))
                    raise ValueError(
                        f"{name} is a link that leads out of the folder: copy the file"
                    )


def _all_in(start: Path) -> Iterator[Path]:
    """Yields a path and what is below it; links to folders are not gone into."""
    waiting, count = [start], 0
    while waiting:
        path = waiting.pop()
        count += 1
        if count > MOST_FILES:
            raise ValueError(f"it holds more than {MOST_FILES:,} files")
        yield path
        if path.is_dir() and (path == start or not path.is_symlink()):
            waiting.extend(path.iterdir())
