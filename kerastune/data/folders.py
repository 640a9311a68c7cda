"""Folders of text files, one subfolder for each class."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from kerastune.data.cleaning import labelled_texts
from kerastune.data.folder_names import described_files, is_document, name_no_classes
from kerastune.data.folder_trees import class_files, visible_files
from kerastune.data.source import Source
from kerastune.data.table_text import read_text
from kerastune.errors import InputError, WrongDataError, reason


def read_text_folder(path: str | PathLike, *, class_names: Sequence[str] | None = None) -> Source:
    """Reads text files whose folder is their label: `path/label/*.txt`.

    Files are read in the order of their names; see `class_files` for which folders are classes.
    Hidden files are ignored; anything else that is not a `.txt` file in such a folder, files
    that are not UTF-8, empty and repeated ones are left out, and `Source.notes` tells how many.

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
    found = class_files(path, is_text_file, "a text (.txt)")
    if not found.files or (class_names is None and name_no_classes(set(found.labels))):
        raise _no_classes(path)
    read = [_read_text(file) for file in found.files]
    kept = [index for index, (text, _) in enumerate(read) if text is not None]
    notes = found.notes
    if len(kept) < len(read):
        notes += (f"{len(read) - len(kept)} of {len(read)} files dropped: not UTF-8",)
    uncertain = [(index, note) for index, (_, said) in enumerate(read) for note in said]
    if uncertain:
        first, note = uncertain[0]
        name = found.files[first].relative_to(path).as_posix()
        notes += (f"{len(uncertain)} of {len(read)} files, such as {name}, {note}",)
    return labelled_texts(
        [read[index][0] for index in kept],
        [found.labels[index] for index in kept],
        class_names=class_names,
        name=path.resolve().name,
        where=lambda position: str(found.files[kept[position]]),
        unit="files",
        notes=notes,
    )


def is_text_file(file: Path) -> bool:
    """Returns whether a file is a text by its suffix, and no document about the data.

    Args:
        file: Path.

    Example:

    >>> is_text_file(Path("good/1.TXT")), is_text_file(Path("good/README.txt"))
    (True, False)
    """
    return file.suffix.lower() == ".txt" and not is_document(file)


def _no_classes(path: Path) -> InputError:
    """Returns the error for a folder in which texts lie in no folders of classes."""
    files = visible_files(path)
    advice = (
        "Move the texts to folders of classes, or give a table"
        if any(map(is_text_file, files))
        else "Choose another folder, or another recipe"
    )
    return WrongDataError(
        f"Expected one subfolder of texts (.txt) for each class in {path}. Received: "
        f"{described_files(files)}. {advice}"
    )


def _read_text(file: Path) -> tuple[str | None, tuple[str, ...]]:
    """Returns the text of a file, or None when its encoding cannot be told, and notes on it."""
    try:
        return read_text(file)
    except InputError:
        return None, ()
