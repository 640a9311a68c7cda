"""Folders as people have them: classes at some depth, parts of a split, other files beside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kerastune.data.folder_names import use_of
from kerastune.errors import InputError

_SYSTEM = ("__macosx", "thumbs.db", "desktop.ini", "__pycache__")
_MOST_SHOWN = 3


@dataclass(frozen=True)
class ClassFiles:
    """Files and the folders that are their classes.

    Args:
        files: list of Path, in the order of their names.
        labels: list of str, the class of each.
        notes: tuple of str, what was left out, or is not as it might seem.

    Example:

    >>> ClassFiles([Path("cat/1.png")], ["cat"]).notes
    ()
    """

    files: list[Path]
    labels: list[str]
    notes: tuple[str, ...] = ()


def visible_files(root: Path) -> list[Path]:
    """Returns the files in a folder and in all folders inside it, in the order of their names.

    Args:
        root: Path of the folder. What is hidden, or belongs to the file system, is not listed.

    Returns:
        List of paths that begin with `root`.

    Raises:
        InputError: if it is not a folder.
        OSError: if a folder cannot be read.

    Example:

    >>> import tempfile
    >>> visible_files(Path(tempfile.mkdtemp()))
    []
    """
    if not root.is_dir():
        raise InputError(f"Expected a folder to read. Received: {root}, which is not a folder")
    return _files_in(root, frozenset())


def class_files(root: Path, is_wanted: Callable[[Path], bool], kind: str) -> ClassFiles:
    """Returns the files of one kind that lie in folders of classes.

    The folders of classes are the first ones that lie side by side: folders around them, and
    those of the parts of a split, are no classes. Files deeper inside belong to the class too.

    Args:
        root: Path of the folder.
        is_wanted: function that tells by its path whether a file is of the right kind.
        kind: str, what such a file is, for the notes.

    Returns:
        `ClassFiles`, without files if there are no such folders.

    Raises:
        InputError: if it is not a folder, or each class has folders of its own for the parts of
            a split.
        OSError: if a folder cannot be read.

    Example:

    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> for name in ("pets/cat/1.txt", "pets/dog/old/1.txt", "README.md"):
    ...     (root / name).parent.mkdir(parents=True, exist_ok=True)
    ...     _ = (root / name).write_text(name)
    >>> found = class_files(root, lambda file: file.suffix == ".txt", "a text")
    >>> found.labels
    ['cat', 'dog']
    >>> found.notes[0]
    '1 of 3 files left out, not a text in the folder of a class: README.md'
    """
    files = visible_files(root)
    wanted = [file for file in files if is_wanted(file)]
    base = base_folder(root, wanted)
    parts = part_folders(base, wanted)
    tops = list(parts.values()) or [base]
    inside = {file: _inside(file, tops) for file in wanted}
    kept = [file for file in wanted if len(inside[file]) > 1]
    labels = [inside[file][0] for file in kept]
    _refuse_parts_in_classes([inside[file] for file in kept], base)
    notes = (
        *left_out_notes(root, files, kept, f"not {kind} in the folder of a class"),
        *_deeper_notes(root, [file for file in kept if len(inside[file]) > 2]),
    )
    if parts:
        names = ", ".join(folder.name for folder in parts.values())
        notes += (f"the parts {names} read as one; recipes and open_splits keep them apart",)
    return ClassFiles(kept, labels, notes)


def base_folder(root: Path, files: Sequence[Path]) -> Path:
    """Returns the first folder below a root that holds more than one folder.

    Args:
        root: Path of the folder at the top.
        files: the files that count.

    Example:

    >>> base_folder(Path("a"), [Path("a/b/cat/1.png"), Path("a/b/dog/1.png")]).as_posix()
    'a/b'
    """
    while True:
        names = {file.relative_to(root).parts for file in files}
        firsts = {parts[0] for parts in names}
        if len(firsts) != 1 or any(len(parts) < 3 for parts in names):
            return root
        if use_of(next(iter(firsts))) is not None:
            return root
        root /= next(iter(firsts))


def part_folders(base: Path, files: Sequence[Path]) -> dict[str, Path]:
    """Returns the folders that hold the parts of a split, if some do.

    Args:
        base: Path of the folder that they lie in.
        files: the files that count.

    Returns:
        Dictionary from `"training"`, `"validation"` and `"test"` to a folder; empty unless
        there are folders of classes, or a table, in one for training.

    Example:

    >>> files = [Path(f"a/{part}/cat/1.png") for part in ("Train", "val")]
    >>> {use: folder.as_posix() for use, folder in part_folders(Path("a"), files).items()}
    {'training': 'a/Train', 'validation': 'a/val'}
    """
    depths: dict[str, int] = {}
    for file in files:
        parts = file.relative_to(base).parts
        depths[parts[0]] = max(depths.get(parts[0], 0), len(parts))
    found: dict[str, Path] = {}
    for name in sorted(depths):
        use = use_of(name)
        # A test without folders of classes has no labels, which is for others to say.
        if use is not None and depths[name] > (1 if use == "test" else 2):
            found.setdefault(use, base / name)
    used = {folder.name for folder in found.values()}
    beside = [name for name, depth in depths.items() if depth > 1 and name not in used]
    is_split = "training" in found and (len(found) > 1 or not beside)
    return found if is_split else {}


def left_out_notes(
    root: Path, files: Sequence[Path], kept: Sequence[Path], reason: str
) -> tuple[str, ...]:
    """Returns a note on files that are not used.

    Args:
        root: Path of the folder that they lie in.
        files: all files.
        kept: those that are used.
        reason: str, why the others are not.

    Example:

    >>> left_out_notes(Path("a"), [Path("a/1.txt"), Path("a/x.md")], [Path("a/1.txt")], "no text")
    ('1 of 2 files left out, no text: x.md',)
    """
    used = set(kept)
    others = [file.relative_to(root).as_posix() for file in files if file not in used]
    if not others:
        return ()
    more = len(others) - _MOST_SHOWN
    shown = ", ".join(others[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return (f"{len(others)} of {len(files)} files left out, {reason}: {shown}",)


def _files_in(folder: Path, above: frozenset[Path]) -> list[Path]:
    """Returns the visible files of a folder; a link back to a folder above is not followed."""
    location = folder.resolve()
    if location in above:
        return []
    found: list[Path] = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name.lower() in _SYSTEM:
            continue
        if entry.is_dir():
            found += _files_in(entry, above | {location})
        elif entry.is_file():
            found.append(entry)
    return found


def _inside(file: Path, tops: Sequence[Path]) -> tuple[str, ...]:
    """Returns the folders and the name of a file inside one of some folders, or nothing."""
    for top in tops:
        if file.is_relative_to(top):
            return file.relative_to(top).parts
    return ()


def _refuse_parts_in_classes(insides: Sequence[tuple[str, ...]], base: Path) -> None:
    """Raises if the folders inside those of the classes are the parts of a split."""
    seconds = {parts[1] if len(parts) > 2 else "" for parts in insides}
    if len(seconds) > 1 and all(use_of(name) is not None for name in seconds):
        first = insides[0]
        raise InputError(
            f"Expected the parts of a split around the classes, as in {first[1]}/{first[0]}. "
            f"Received: {first[0]}/{first[1]} in {base}. Move the folders"
        )


def _deeper_notes(root: Path, files: Sequence[Path]) -> tuple[str, ...]:
    """Returns a note on files in folders inside those of their classes."""
    if not files:
        return ()
    example = files[0].relative_to(root).as_posix()
    return (f"{len(files)} files lie in folders inside that of their class, such as {example}",)
