"""Inputs in files: tables, lines of text, images, folders of these, and the standard input."""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.image_folders import IMAGE_SUFFIXES
from kerastune.data.missing import is_absent
from kerastune.data.rows_in_pieces import delimited_rows, json_rows, table_rows, text_lines
from kerastune.data.single_inputs import is_table, reads
from kerastune.data.table_files import TABLE_SUFFIXES
from kerastune.errors import InputError, reason

_TABLES = tuple(TABLE_SUFFIXES.split(", "))


def is_table_file(path: Path) -> bool:
    """Whether the suffix of a file is that of a table.

    Args:
        path: Path.

    Example:

    >>> is_table_file(Path("reviews.csv")), is_table_file(Path("cat.png"))
    (True, False)
    """
    return path.suffix.lower() in _TABLES


def file_rows(path: Path, columns: Mapping[str, Column]) -> Iterator[Mapping[str, Any]]:
    """Inputs from a file or a folder, some rows at a time.

    Args:
        path: Path of a table; for texts and tokens also of a file with one a line, and for
            texts of a folder of `.txt` files; for images of a folder of them, or a table with
            their paths; for arrays of an `.npy` file.
        columns: dictionary from the name of each input to its `Column`.

    Returns:
        Iterator of dictionaries from the name of a column to values.

    Raises:
        InputError: if there is no such file, or it holds no such inputs.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "sentences.txt"
    >>> _ = path.write_text("a joy\\na bore\\n")
    >>> list(file_rows(path, {"text": Column("text")}))
    [{'text': ['a joy', 'a bore']}]
    """
    try:
        if not path.exists():
            raise InputError(
                f"Expected a file or a folder. Received: {str(path)!r}, which does not exist. "
                f"{reads(columns)}"
            )
        if path.is_dir():
            yield from _of_folder(path, columns)
        elif is_table_file(path):
            yield from _with_paths(table_rows(path), columns, path.parent)
        else:
            yield from _of_other_file(path, columns)
    except OSError as error:
        raise InputError(
            f"Expected a file that can be read. Received: {str(path)!r}: "
            f"{error.strerror or reason(error)}"
        ) from error


def stream_rows(stream: TextIO, columns: Mapping[str, Column]) -> Iterator[Mapping[str, Any]]:
    """Inputs from a text stream such as the standard input, some rows at a time.

    Args:
        stream: text stream. For a table CSV, or JSON lines if the first line begins with a
            brace; for texts and tokens lines, for images their paths.
        columns: dictionary from the name of each input to its `Column`.

    Returns:
        Iterator of dictionaries from the name of a column to values.

    Raises:
        InputError: if inputs of this kind cannot be read from a stream, or are broken.

    Example:

    >>> import io
    >>> list(stream_rows(io.StringIO("age\\n30\\n"), {"age": Column("number")}))
    [{'age': ['30']}]
    """
    name = "the standard input"
    kinds = {column.kind for column in columns.values()}
    if len(columns) == 1 and kinds <= {"text", "tokens", "image"}:
        yield from _as_lines(stream, name, columns)
        return
    first = stream.readline().removeprefix("\ufeff")
    lines: Any = chain([first], stream)
    if first.lstrip().startswith("{"):
        yield from json_rows(lines, name)
    elif is_table(columns):
        yield from delimited_rows(lines, name, ",")
    else:
        raise InputError(
            f"Expected inputs that can be read from {name}, or JSON lines. Received: others. "
            f"{reads(columns)}"
        )


_IN_FOLDERS = {"image": IMAGE_SUFFIXES, "text": (".txt",)}


def _of_folder(path: Path, columns: Mapping[str, Column]) -> Iterator[Mapping[str, Any]]:
    """The images or texts of a folder and its subfolders, in the order of their names."""
    name, column = next(iter(columns.items()))
    suffixes = _IN_FOLDERS.get(column.kind)
    if suffixes is None or len(columns) > 1:
        raise InputError(f"Expected a file. Received: {str(path)!r}, a folder. {reads(columns)}")
    files = sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in suffixes
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    )
    if not files:
        raise InputError(
            f"Expected a folder with files of type {', '.join(suffixes)}. Received: "
            f"{str(path)!r}, which has none. {reads(columns)}"
        )
    if column.kind == "image":
        yield {name: files}
        return
    for start in range(0, len(files), 256):
        some = files[start : start + 256]
        yield {name: [file.read_text(encoding="utf-8-sig") for file in some]}


def _of_other_file(path: Path, columns: Mapping[str, Column]) -> Iterator[Mapping[str, Any]]:
    """The inputs of a file that is no table."""
    (name, column), *others = columns.items()
    if not others and column.kind == "image":
        yield {name: [path]}
        return
    if not others and column.kind in ("text", "tokens"):
        if path.suffix.lower() in IMAGE_SUFFIXES:
            raise InputError(f"Expected texts. Received: {str(path)!r}, an image. {reads(columns)}")
        with path.open(encoding="utf-8-sig") as stream:
            yield from _as_lines(stream, str(path), columns)
        return
    if not others and path.suffix.lower() == ".npy" and not is_table(columns):
        yield {name: _numpy_file(path)}
        return
    raise InputError(
        f"Expected a file of type {TABLE_SUFFIXES}. Received: {str(path)!r}. {reads(columns)}"
    )


def _as_lines(
    stream: TextIO, name: str, columns: Mapping[str, Column]
) -> Iterator[Mapping[str, Any]]:
    """Texts, tokens or paths of images, one a line."""
    ((key, column),) = columns.items()
    for lines in text_lines(stream, name):
        yield {key: [line.split() for line in lines] if column.kind == "tokens" else lines}


def _with_paths(
    chunks: Iterator[Mapping[str, Any]], columns: Mapping[str, Column], folder: Path
) -> Iterator[Mapping[str, Any]]:
    """Rows of a table, in which paths of images start at the folder that it is in."""
    images = [name for name, column in columns.items() if column.kind == "image"]
    for cells in chunks:
        paths = {
            name: [path if is_absent(path) else folder / str(path) for path in cells[name]]
            for name in images
            if name in cells
        }
        yield {**cells, **paths}


def _numpy_file(path: Path) -> np.ndarray:
    """The array of an `.npy` file, read when it is asked for."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise InputError(
            f"Expected an array of numbers. Received: {str(path)!r}: {reason(error)}"
        ) from error
