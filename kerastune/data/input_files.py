"""Inputs in files: tables, texts, images, recordings, folders, and the standard input."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from kerastune.data.audio_files import AUDIO_SUFFIXES, is_audio_file
from kerastune.data.columns import Column
from kerastune.data.folder_trees import visible_files
from kerastune.data.folders import is_text_file
from kerastune.data.image_files import IMAGE_SUFFIXES, is_image_file
from kerastune.data.image_inputs import with_image_files
from kerastune.data.rows_in_pieces import (
    RowStream,
    delimited_rows,
    json_rows,
    table_rows,
    text_lines,
)
from kerastune.data.shard_files import files_of
from kerastune.data.single_inputs import described_inputs, is_table
from kerastune.data.table_files import TABLE_SUFFIXES, is_table_file
from kerastune.data.table_folders import table_in
from kerastune.data.table_text import read_text
from kerastune.data.token_inputs import with_token_lists
from kerastune.errors import InputError, reason
from kerastune.untrusted.numpy_files import open_array

Chunks = Iterator[Mapping[str, Any]]

_IN_FOLDERS = {
    "audio": (is_audio_file, AUDIO_SUFFIXES),
    "image": (is_image_file, IMAGE_SUFFIXES),
    "text": (is_text_file, (".txt",)),
}
"""How files are told that hold one input each, by its kind, and their suffixes."""


def file_rows(path: Path, columns: Mapping[str, Column]) -> RowStream:
    """Returns inputs from a file or a folder, some rows at a time.

    Args:
        path: Path of a table, or the pattern of several files of one; for texts and tokens also
            of a file with one a line, and for texts of a folder of `.txt` files; for images of a
            folder of them, or a table with their paths; for recordings of a folder of them; for
            arrays of an `.npy` file.
        columns: dictionary from the name of each input to its `Column`.

    Returns:
        A `RowStream`.

    Raises:
        InputError: if there is no such file, or it holds no such inputs.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "sentences.txt"
    >>> _ = path.write_text("a joy\\na bore\\n")
    >>> list(file_rows(path, {"text": Column("text")}).chunks)
    [{'text': ['a joy', 'a bore']}]
    """
    try:
        if path.is_dir():
            path = table_in(path) or path
        if not path.exists() and not files_of(path):
            raise InputError(
                f"Expected a file or a folder. Received: {str(path)!r}, which does not exist. "
                f"{described_inputs(columns)}"
            )
        if path.is_dir():
            rows = RowStream(_of_folder(path, columns), str(path))
        elif is_table_file(path):
            found = table_rows(path)
            chunks = with_token_lists(found.chunks, columns, str(path))
            rows = replace(found, chunks=with_image_files(chunks, columns, path))
        else:
            rows = _of_other_file(path, columns)
    except OSError as error:
        raise _unreadable(path, error) from error
    return replace(rows, chunks=_guarded(rows.chunks, path))


def stream_rows(stream: TextIO, columns: Mapping[str, Column], name: str) -> RowStream:
    """Returns inputs from a text stream such as the standard input, some rows at a time.

    Args:
        stream: text stream. For a table CSV, or JSON lines if the first line begins with a
            brace; for texts and tokens lines, for images and recordings their paths.
        columns: dictionary from the name of each input to its `Column`.
        name: str, what the stream is, for messages.

    Returns:
        A `RowStream`.

    Raises:
        InputError: if inputs of this kind cannot be read from a stream, or are broken.

    Example:

    >>> import io
    >>> list(stream_rows(io.StringIO("age\\n30\\n"), {"age": Column("number")}, "ages").chunks)
    [{'age': ['30']}]
    """
    lines = _decoded(stream, name)
    kinds = {column.kind for column in columns.values()}
    if len(columns) == 1 and kinds <= {"text", "tokens", "image", "audio"}:
        return RowStream(_as_lines(lines, columns), name)
    first = next(lines, "").removeprefix("\ufeff")
    lines = chain([first], lines)
    if first.lstrip().startswith("{"):
        return RowStream(json_rows(lines, name), name)
    if is_table(columns):
        return delimited_rows(lines, name)
    raise InputError(
        f"Expected inputs that can be read from {name}, or JSON lines. Received: others. "
        f"{described_inputs(columns)}"
    )


def _of_folder(path: Path, columns: Mapping[str, Column]) -> Chunks:
    """Returns what files of a folder and its subfolders hold, in the order of their names."""
    name, column = next(iter(columns.items()))
    found = _IN_FOLDERS.get(column.kind)
    if found is None or len(columns) > 1:
        raise InputError(
            f"Expected a file. Received: {str(path)!r}, a folder. {described_inputs(columns)}"
        )
    is_wanted, suffixes = found
    files = [file for file in visible_files(path) if is_wanted(file)]
    if not files:
        raise InputError(
            f"Expected a folder with files of type {', '.join(suffixes)}. Received: "
            f"{str(path)!r}, which has none. {described_inputs(columns)}"
        )
    if column.kind != "text":
        return iter([{name: files}])
    some = (files[start : start + 256] for start in range(0, len(files), 256))
    return ({name: [read_text(file)[0] for file in group]} for group in some)


def _of_other_file(path: Path, columns: Mapping[str, Column]) -> RowStream:
    """Returns the inputs of a file that is no table."""
    (name, column), *others = columns.items()
    kind = None if others else column.kind
    if kind in ("audio", "image"):
        return RowStream(iter([{name: [path]}]), str(path))
    if kind in ("text", "tokens"):
        if is_image_file(path):
            raise InputError(
                f"Expected texts. Received: {str(path)!r}, an image. {described_inputs(columns)}"
            )
        return RowStream(_as_lines(_file_lines(path), columns), str(path))
    if kind is not None and path.suffix.lower() == ".npy" and not is_table(columns):
        return RowStream(iter([{name: _numpy_file(path)}]), str(path))
    raise InputError(
        f"Expected a file of type {TABLE_SUFFIXES}. Received: {str(path)!r}. "
        f"{described_inputs(columns)}"
    )


def _file_lines(path: Path) -> Iterator[str]:
    """Yields the lines of a text file with their ends."""
    with path.open(encoding="utf-8-sig") as stream:
        yield from _decoded(stream, str(path))


def _as_lines(lines: Iterator[str], columns: Mapping[str, Column]) -> Chunks:
    """Returns texts, tokens or paths of images, one a line."""
    ((key, column),) = columns.items()
    for some in text_lines(lines):
        yield {key: [line.split() for line in some] if column.kind == "tokens" else some}


def _numpy_file(path: Path) -> np.ndarray:
    """Returns the array of an `.npy` file, read when it is asked for."""
    try:
        return open_array(path)
    except ValueError as error:
        raise InputError(
            f"Expected an array of numbers. Received: {str(path)!r}: {reason(error)}"
        ) from error


def _guarded(chunks: Chunks, path: Path) -> Chunks:
    """Returns the chunks, or the error for a file that cannot be read on."""
    try:
        yield from chunks
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> InputError:
    """Returns the error for a file that cannot be read."""
    return InputError(
        f"Expected a file that can be read. Received: {str(path)!r}: "
        f"{error.strerror or reason(error)}"
    )


def _decoded(stream: Iterable[str], name: str) -> Iterator[str]:
    """Yields the lines of a text stream, or the error for bytes that are none."""
    try:
        yield from stream
    except UnicodeDecodeError as error:
        raise InputError(
            f"Expected UTF-8 text. Received: {name}: {reason(error)}. Save the file as UTF-8"
        ) from error
