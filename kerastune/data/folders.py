"""Folders of text files, one subfolder for each class."""

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path

from kerastune.data.cleaning import labelled_texts
from kerastune.data.source import Source
from kerastune.errors import InputError, reason


def read_text_folder(path: str | PathLike, *, class_names: Sequence[str] | None = None) -> Source:
    """Reads text files whose subfolder is their label: `path/label/*.txt`.

    Files are read in the order of their names. Hidden files are ignored; anything else
    that is not a `.txt` file in a subfolder, files that are not UTF-8, empty and
    repeated ones are left out, and `Source.notes` tells how many.

    Args:
        path: str or path of the folder.
        class_names: sequence of str, the classes that are known. Give the training
            data's when reading test data. By default, the subfolders, sorted.

    Returns:
        A `Source` with the input `text` and the target `label`.

    Raises:
        InputError: if the folder is missing or cannot be read, has no subfolder with
            texts or only one, or a subfolder is not among the `class_names`.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp())
    >>> for label in ("good", "bad"):
    ...     (path / label).mkdir()
    ...     _ = (path / label / "1.txt").write_text(f"a {label} one")
    >>> read_text_folder(path).values["text"]
    ['a bad one', 'a good one']
    """
    path = Path(path)
    try:
        return _read(path, class_names)
    except OSError as error:
        raise InputError(
            f"Expected a folder that can be read. Received: {path}: {reason(error)}"
        ) from error


def _read(path: Path, class_names: Sequence[str] | None) -> Source:
    """Reads the texts; failures of the file system pass through."""
    folders, text_files, ignored = listed(path, lambda file: file.suffix == ".txt")
    if not folders:
        raise InputError(
            f"Expected one subfolder of text files or images for each class in {path}. "
            "Received: no subfolder"
        )
    texts = {file: text for file in text_files if (text := _read_text(file)) is not None}
    read = list(texts)
    return labelled_texts(
        list(texts.values()),
        [file.parent.name for file in read],
        class_names=class_names,
        name=path.resolve().name,
        where=lambda position: str(read[position]),
        unit="files",
        notes=_notes(ignored, len(text_files), len(texts)),
    )


def listed(path: Path, is_wanted: Callable[[Path], bool]) -> tuple[list[Path], list[Path], int]:
    """The subfolders of a folder and the files in them, in the order of their names.

    Args:
        path: Path of the folder.
        is_wanted: function that tells by its path whether a file is of the right kind.

    Returns:
        A tuple of the subfolders, the files that are wanted, and how many other entries
        there are.

    Raises:
        InputError: if it is not a folder.
        OSError: if a folder cannot be read.

    Example:

    >>> import tempfile
    >>> listed(Path(tempfile.mkdtemp()), lambda file: True)
    ([], [], 0)
    """
    if not path.is_dir():
        raise InputError(f"Expected a folder to read. Received: {path}, which is not a folder")
    top = visible(path)
    folders = [entry for entry in top if entry.is_dir()]
    entries = [entry for folder in folders for entry in visible(folder)]
    files = [entry for entry in entries if is_wanted(entry) and entry.is_file()]
    return folders, files, len(top) - len(folders) + len(entries) - len(files)


def visible(folder: Path) -> list[Path]:
    """What a folder holds, hidden entries excepted, in the order of the names.

    Args:
        folder: Path of a folder.

    Returns:
        List of paths.

    Raises:
        OSError: if the folder cannot be read.

    Example:

    >>> import tempfile
    >>> visible(Path(tempfile.mkdtemp()))
    []
    """
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _read_text(file: Path) -> str | None:
    """The text of a file, or None when it is not UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return None


def _notes(ignored: int, text_files: int, texts: int) -> tuple[str, ...]:
    """What was left out before cleaning."""
    notes = []
    if ignored:
        notes.append(f"{ignored} ignored: not a .txt file in a subfolder")
    if text_files > texts:
        notes.append(f"{text_files - texts} of {text_files} files dropped: not UTF-8")
    return tuple(notes)
