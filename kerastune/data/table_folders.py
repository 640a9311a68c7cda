"""Folders of tables: one table in several files, and the parts of a split."""

from collections.abc import Sequence
from pathlib import Path

from kerastune.data.folder_names import described_files, use_of
from kerastune.data.folder_trees import visible_files
from kerastune.data.folders import is_text_file
from kerastune.data.image_files import is_image_file
from kerastune.data.shard_files import shard_patterns
from kerastune.data.table_files import TABLE_SUFFIXES, is_table_file
from kerastune.errors import WrongDataError

# What the library `datasets` writes beside tables, and which is none.
_ABOUT = ("dataset_dict.json", "dataset_info.json", "dataset_infos.json", "state.json")
_OF_TOKENS = (".conll", ".conllu", ".txt", ".iob")


def only_table(root: Path) -> Path:
    """Returns the one table that a folder holds, which may be in several files.

    Args:
        root: Path of a folder; the table may be in folders inside it.

    Returns:
        Path of the table, or the pattern of its files.

    Raises:
        InputError: if there is none, or several.
        OSError: if the folder cannot be read.

    Example:

    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> for number in range(2):
    ...     _ = (root / f"train-0000{number}-of-00002.csv").write_text("text,label\\n")
    >>> only_table(root).name
    'train-*-of-00002.csv'
    """
    return _only_table(root, visible_files(root))


def table_at(path: Path) -> Path:
    """Returns the table that a path names: itself, or the one in the folder that it is.

    Args:
        path: Path.

    Raises:
        InputError: as `only_table`, for a folder.
        OSError: as `only_table`.

    Example:

    >>> table_at(Path("some/table.csv")).name
    'table.csv'
    """
    return only_table(path) if path.is_dir() else path


def _only_table(root: Path, files: Sequence[Path]) -> Path:
    """Returns the one table among the files of a folder."""
    tables = _tables(files)
    folders = sorted({file.parent for file in tables})
    if len(folders) == 1:
        found = shard_patterns(tables)
        if len(found) == 1:
            return next(iter(found.values()))
    if not tables:
        raise WrongDataError(
            f"Expected a table in {root}, a file of type {TABLE_SUFFIXES}. Received: "
            f"{described_files(files)}"
        )
    shown = [
        str(location) for location in (folders if len(folders) > 1 else sorted(found.values()))
    ]
    raise WrongDataError(
        f"Expected one table in {root}, or tables called train and test. Received: {len(shown)}, "
        f"{'in' if len(folders) > 1 else 'such as'} {', '.join(shown[:3])}. Give one of them"
    )


def table_in(root: Path) -> Path | None:
    """Returns the one table of a folder in which there are tables, and neither images nor texts.

    Args:
        root: Path of a folder.

    Returns:
        As `only_table`, or None for another folder, and for one that cannot be read.

    Raises:
        InputError: if there are several tables.

    Example:

    >>> import tempfile
    >>> table_in(Path(tempfile.mkdtemp())) is None
    True
    """
    try:
        files = visible_files(root)
    except OSError:
        return None  # Its reader tells what is wrong with the folder.
    if not _tables(files) or any(is_image_file(file) or is_text_file(file) for file in files):
        return None
    return _only_table(root, files)


def part_tables(root: Path, files: Sequence[Path]) -> dict[str, Path]:
    """Returns the tables of a folder in which some are called after the parts of a split.

    Args:
        root: Path of the folder.
        files: the files in it. Those of one folder count: the folder itself, or else the only one
            that holds tables.

    Returns:
        Dictionary from the name of each table to its path or pattern.

    Example:

    >>> root = Path("plain")
    >>> part_tables(root, [root / "data" / "train.csv", root / "data" / "dev.csv", root / "a.md"])
    {'dev.csv': PosixPath('plain/data/dev.csv'), 'train.csv': PosixPath('plain/data/train.csv')}
    """
    there = [file for file in files if file.parent == root and _may_be_part(file)]
    if not there:
        tables = _tables(files)
        there = tables if len({file.parent for file in tables}) == 1 else []
    return shard_patterns(there)


def part_table_folders(files: Sequence[Path]) -> dict[str, Path]:
    """Returns the folders that hold a table each and are named after parts of a split.

    Args:
        files: the files in the folder around them.

    Returns:
        Dictionary from the name of each folder to its path; empty if there are tables elsewhere.

    Example:

    >>> files = [Path("a/b/train/0000.parquet"), Path("a/b/test/0000.parquet")]
    >>> sorted(part_table_folders(files))
    ['test', 'train']
    """
    folders = {file.parent for file in _tables(files)}
    if len({folder.parent for folder in folders}) != 1:
        return {}
    if not all(use_of(folder.name) for folder in folders):
        return {}
    return {folder.name: folder for folder in folders}


def _tables(files: Sequence[Path]) -> list[Path]:
    return [file for file in files if is_table_file(file) and file.name not in _ABOUT]


def _may_be_part(file: Path) -> bool:
    """Returns whether a file is a table, or tagged tokens of a part."""
    is_part = file.suffix.lower() in _OF_TOKENS and use_of(file.name.partition(".")[0]) is not None
    return is_part or bool(_tables([file]))
