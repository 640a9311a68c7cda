"""Meaning of names of folders and files: parts of a split, classes, documents."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

PART_NAMES = {
    "training": ("train", "training"),
    "validation": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
"""How folders and files are called that hold the parts of a split, in any case."""

_LAYOUT = ("annotations", "images", "img", "imgs", "jpegimages", "labels", "mask", "masks")
_DOCUMENTS = ("changelog", "citation", "copying", "licence", "license", "notice", "readme")


def described_files(files: Sequence[Path]) -> str:
    """Returns the numbers of files by type, for a message.

    Args:
        files: sequence of Path.

    Example:

    >>> described_files([Path("1.png"), Path("2.PNG"), Path("README")])
    '3 files (2 .png, 1 without suffix)'
    """
    if not files:
        return "no files"
    counts = Counter(file.suffix.lower() or "without suffix" for file in files)
    listed = ", ".join(f"{count} {suffix}" for suffix, count in counts.most_common(5))
    return f"{len(files)} file{'s' if len(files) > 1 else ''} ({listed})"


def is_document(file: Path) -> bool:
    """Returns whether a file tells of the data, by its name, and is none of them.

    Args:
        file: Path.

    Example:

    >>> is_document(Path("cat/README.txt")), is_document(Path("cat/1.txt"))
    (True, False)
    """
    return file.stem.lower().startswith(_DOCUMENTS)


def name_no_classes(names: set[str]) -> bool:
    """Returns whether folders have names of a layout, such as `images` and `masks`.

    Args:
        names: set of str, the names of folders side by side.

    Example:

    >>> name_no_classes({"train2017", "val2017"}), name_no_classes({"train", "plane"})
    (True, False)
    """
    plain = [name.lower().rstrip("0123456789") for name in names]
    return bool(plain) and all(name in _LAYOUT or use_of(name) is not None for name in plain)


def use_of(name: str) -> str | None:
    """Returns the part of a split that a folder or file is called after, or None.

    Args:
        name: str, such as `"Train"`.

    Example:

    >>> use_of("dev"), use_of("cat")
    ('validation', None)
    """
    plain = name.lower()
    return next((use for use, names in PART_NAMES.items() if plain in names), None)
