"""Data that come with their own split: folders, files and dictionaries called train and test."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from kerastune.data.audio_files import is_audio_file
from kerastune.data.folder_names import use_of
from kerastune.data.folder_trees import base_folder, part_folders, visible_files
from kerastune.data.folders import is_text_file
from kerastune.data.frames import looks_like_frame
from kerastune.data.image_files import is_image_file
from kerastune.data.records import looks_like_records
from kerastune.data.source import Source
from kerastune.data.table_files import is_table_file
from kerastune.data.table_folders import part_table_folders, part_tables

_IN_CLASSES = (is_audio_file, is_image_file, is_text_file)
_OF_PHOTOGRAPHS = {
    "scenes": "scenes of the test have other handwritten digits and regions of the photographs",
    "textures": "patches of the test are cut from another region of each photograph",
}


@dataclass(frozen=True)
class Parts:
    """The parts of a split, each as it would be given as data by itself.

    Args:
        training: data to train on.
        validation: data to validate on, or None.
        test: data to test on, or None.
        notes: tuple of str, what the parts are, and what is left out.

    Example:

    >>> Parts("pets/train", test="pets/test").validation is None
    True
    """

    training: Any
    validation: Any = None
    test: Any = None
    notes: tuple[str, ...] = ()


def parts_of(data: Any) -> Parts | None:
    """Returns the parts of data that come with their own split.

    Args:
        data: anything. Parts are those of a dictionary (also a `DatasetDict` of Hugging Face)
            from `train`, `test` and `validation` to data; `"textures"` and `"scenes"`; the
            folders in a folder that are called so and hold classes, or a table; or tables that
            are called so in a folder, also in several files (`train-00000-of-00002.parquet`).
            Names are those of `PART_NAMES`, in any case.

    Returns:
        `Parts`, or None if the data come without.

    Example:

    >>> parts_of({"train": [{"text": "a"}], "test": [{"text": "b"}]}).test
    [{'text': 'b'}]
    >>> parts_of({"text": ["a"], "label": [1]}) is None
    True
    """
    if isinstance(data, Parts):
        return data
    if isinstance(data, Mapping):
        return _of_mapping(data)
    if isinstance(data, str) and data in _OF_PHOTOGRAPHS:
        note = f"the split is that of the data: {_OF_PHOTOGRAPHS[data]}"
        return Parts(f"{data}:train", test=f"{data}:test", notes=(note,))
    if isinstance(data, str | PathLike):
        try:
            return _of_folder(Path(data)) if Path(data).is_dir() else None
        except OSError:
            return None  # Its reader tells what is wrong with the folder.
    return None


def _of_mapping(data: Mapping[Any, Any]) -> Parts | None:
    """Returns the parts that are the values of a dictionary."""
    by_use = {use: name for name in data if (use := use_of(str(name))) is not None}
    if "training" not in by_use or not all(map(_is_data, data.values())):
        return None
    return _parts(by_use, {name: data[name] for name in data})


def _is_data(value: Any) -> bool:
    """Returns whether a value is data of its own, and not a column."""
    is_whole = isinstance(value, Source | str | PathLike | tuple | Mapping)
    return is_whole or looks_like_frame(value) or looks_like_records(value)


def _of_folder(root: Path) -> Parts | None:
    """Returns the parts that are folders or files in a folder."""
    files = visible_files(root)
    wanted = [file for file in files if any(is_wanted(file) for is_wanted in _IN_CLASSES)]
    base = base_folder(root, wanted)
    folders = {folder.name: folder for folder in part_folders(base, wanted).values()}
    listed = {
        folder.name: folder
        for folder in {file.parent for file in files if is_table_file(file)}
        if folder.parent == base and use_of(folder.name) is not None
    }
    of_tables = {} if wanted else part_table_folders(files)
    for found in (folders, listed, of_tables, part_tables(root, files)):
        by_use: dict[str, str] = {}
        for name in sorted(found):
            use = use_of(_stem(name))
            if use is not None:
                by_use.setdefault(use, name)
        if "training" in by_use and len(by_use) > 1:
            return _parts(by_use, found)
    return None


def _stem(name: str) -> str:
    """Returns the name of a folder or file without suffixes."""
    return name.partition(".")[0]


def _parts(by_use: Mapping[str, str], data: Mapping[str, Any]) -> Parts:
    """Returns the parts by their names, and notes on what they are."""
    names = {use: by_use[use] for use in ("training", "validation", "test") if use in by_use}
    others = [str(name) for name in data if name not in names.values()]
    found = ", ".join(f"{name} ({use})" for use, name in names.items())
    notes = [f"the split is that of the data: {found}"]
    if others:
        notes.append(f"left out, as it is none of these parts: {', '.join(map(repr, others))}")
    return Parts(**{use: data[name] for use, name in names.items()}, notes=tuple(notes))
