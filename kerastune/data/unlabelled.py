"""Parts of a split without labels, as competitions publish their test rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from shlex import quote
from typing import Any

from kerastune.data.folder_trees import visible_files
from kerastune.data.folders import is_text_file
from kerastune.data.frames import looks_like_frame
from kerastune.data.given_tables import of_file, table_of
from kerastune.data.image_files import is_image_file
from kerastune.data.missing import is_absent, spells_missing
from kerastune.data.parts import Parts
from kerastune.data.records import RecordColumn, looks_like_records
from kerastune.data.shard_files import files_of
from kerastune.data.source import Source
from kerastune.data.table_columns import RequestedColumns
from kerastune.data.table_files import is_table_file, read_table_file
from kerastune.data.table_folders import table_in
from kerastune.errors import InputError, WrongDataError

# What the library `datasets` writes in the place of a class that is not published.
_HIDDEN = "-1"


def without_unlabelled(parts: Parts, training: Source) -> Parts:
    """Returns the parts of a split without those for the test or validation that have no label.

    They are left out and noted, rather than refused: the rows to train on are there, and the
    published split cannot be measured.

    Args:
        parts: `Parts`.
        training: `Source` of the samples to train on, which tells the targets.

    Returns:
        `Parts`.

    Example:

    >>> training = Source.of(["a", "b"], [0, 1], class_names=("no", "yes"))
    >>> parts = without_unlabelled(Parts("rows", test=[{"text": "c"}]), training)
    >>> parts.test is None, parts.notes
    (True, ("the part for the test has no column 'label': its 1 row is not used, ...",))
    """
    for use in ("validation", "test"):
        data = getattr(parts, use)
        why = None if data is None else unlabelled(data, training)
        if why is not None:
            said, count = why
            name = _name_of(data) or f"the part for {'the test' if use == 'test' else use}"
            rows = f"{count} {'row is' if count == 1 else 'rows are'}"
            instead = ", and the test is held out of the rows to train on" * (use == "test")
            answers = _answers(data)
            note = f"{name} {said}: its {rows} not used{instead}; {answers} gives answers for them"
            parts = replace(parts, **{use: None}, notes=(*parts.notes, note))
    return parts


def require_labels(data: Any, training: Source) -> None:
    """Raises for data to test on that have no label at all.

    Args:
        data: what was given as `test_data`.
        training: as for `without_unlabelled`.

    Raises:
        InputError: with what to do.

    Example:

    >>> training = Source.of(["a", "b"], [0, 1], class_names=("no", "yes"))
    >>> require_labels([{"text": "c", "label": "no"}], training)
    """
    why = unlabelled(data, training)
    if why is not None:
        name = _name_of(data)
        answers = _answers(data)
        raise InputError(
            f"Expected labels in the test data. Received: {name or 'data'}, which {why[0]}. Leave "
            f"--test_data out, so that the test is held out of the data, and use {answers}"
        )


def unlabelled(data: Any, training: Source) -> tuple[str, int] | None:
    """Returns whether data have no label at all.

    Args:
        data: anything that is data.
        training: `Source`, which tells the targets.

    Returns:
        None if they have labels, need none, or it cannot be told without a recipe's reader; else
        a tuple of what they lack, and the number of rows.

    Example:

    >>> training = Source.of(["a", "b"], [0, 1], class_names=("no", "yes"))
    >>> unlabelled({"text": ["c", "d"], "label": [-1, -1]}, training)
    ("has -1 as each 'label'", 2)
    """
    if isinstance(data, str | PathLike) and Path(data).is_dir():
        count = _files_without_folders(Path(data))
        if count:
            return "has no folders of classes", count
    if not training.targets:
        return None
    (target, *_) = training.targets
    cells = _cells(data, [target])
    if cells is None or target in cells:
        return None if cells is None else _hidden(target, cells, training)
    names = target.split(",")
    if any(name in cells for name in names):
        return None  # The reader says which one is missing.
    return f"has no column {names[0]!r}", len(next(iter(cells.values())))


def _hidden(name: str, cells: Mapping[str, Any], training: Source) -> tuple[str, int] | None:
    """Returns a value of a column of labels that is no label."""
    labels = cells[name]
    if all(is_absent(label) or spells_missing(label) for label in labels):
        return f"has no value in {name!r}", len(labels)
    classes = training.columns[name].class_names
    is_known = classes is None or _HIDDEN in classes
    if is_known or any(str(label) != _HIDDEN for label in labels):
        return None
    return f"has {_HIDDEN} as each {name!r}", len(labels)


def _cells(data: Any, names: Sequence[str]) -> Mapping[str, Any] | None:
    """Returns some columns of a table, or all if one is missing; None for other data."""
    if isinstance(data, str | PathLike):
        path = table_in(Path(data)) if Path(data).is_dir() else Path(data)
        if path is None or not is_table_file(path) or not files_of(path):
            return None
        try:
            return read_table_file(path, RequestedColumns(names, _any)).cells
        except WrongDataError:
            return of_file(path, read_table_file(path, RequestedColumns(rule=_any))).cells
    if looks_like_records(data) and not looks_like_frame(data):
        # Only those that are asked for are read: other columns may be images.
        return {name: RecordColumn(data, name) for name in data[0]}
    if looks_like_frame(data) or isinstance(data, Mapping):
        return table_of(data).cells
    return None


def _any(column: str, value: Any) -> None:
    """Takes any value."""


def _files_without_folders(root: Path) -> int:
    """Returns the images or texts in a folder without folders or a table of labels."""
    try:
        files = visible_files(root)
    except OSError:
        return 0  # Its reader tells what is wrong with the folder.
    samples = [file for file in files if is_image_file(file) or is_text_file(file)]
    is_flat = all(file.parent == root for file in samples)
    return len(samples) if is_flat and not any(map(is_table_file, files)) else 0


def _name_of(data: Any) -> str | None:
    """Returns the name of a file or folder, or None for other data."""
    return Path(data).name if isinstance(data, str | PathLike) else None


def _answers(data: Any) -> str:
    is_path = isinstance(data, str | PathLike)
    return f"`kerastune predict RUN {quote(str(data))}`" if is_path else "Result.predict"
