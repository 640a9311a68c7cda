"""Texts without labels: files of text, columns of tables, lists."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from kerastune.data.cleaning import stripped_texts
from kerastune.data.columns import Column
from kerastune.data.docstring_prose import paragraphs
from kerastune.data.folder_trees import visible_files
from kerastune.data.folders import is_text_file
from kerastune.data.frames import looks_like_frame
from kerastune.data.given_tables import GivenTable, of_file, table_of
from kerastune.data.group_columns import without_groups
from kerastune.data.open import open_data
from kerastune.data.open_splits import open_splits
from kerastune.data.records import looks_like_records
from kerastune.data.source import Source
from kerastune.data.splits import Splits
from kerastune.data.table_columns import RequestedColumns, require_columns
from kerastune.data.table_files import is_table_file, read_table_file
from kerastune.data.table_text import read_text
from kerastune.data.tables import table_texts
from kerastune.errors import InputError, WrongDataError

UNITS = ("file", "paragraph", "line")
"""What may be one text of a .txt file; blank lines stand between paragraphs."""
_PARTS: dict[str, Callable[[str], list[str]]] = {
    "file": lambda text: [text],
    "paragraph": paragraphs,
    "line": str.splitlines,
}

_ADVICE = "Texts are read: a .txt file, a folder of them, a column of a table, or a list of texts"


def open_text_splits(
    data: Any,
    options: Mapping[str, Any] | None = None,
    *,
    text_column: str = "text",
    unit: str | None = None,
) -> Splits:
    """Opens texts without labels and shares them out for training, validation and the test.

    Args:
        data: what `open_texts` takes, or data that come with their own split, see `parts_of`.
        options: dictionary, as for `open_splits`.
        text_column: str, the column of texts in tables and records. Defaults to `"text"`.
        unit: str, what is one text of a file, see `open_texts`.

    Returns:
        `Splits` with one input of kind `text`, and without targets. Texts of one module or file
        are in one part.

    Raises:
        InputError: if the data cannot be opened or shared out so.

    Example:

    >>> splits = open_text_splits(["a", "b", "c", "d"], {"test_fraction": 0.25})
    >>> {use: part.values["text"] for use, part in splits.parts.items()}
    {'training': ['a', 'b', 'd'], 'test': ['c']}
    """
    splits = open_splits(
        data, options, open_with=partial(open_texts, text_column=text_column, unit=unit)
    )
    parts = {use: without_groups(part) for use, part in splits.parts.items()}
    return replace(splits, **parts)


def open_texts(
    data: Any,
    *,
    text_column: str = "text",
    unit: str | None = None,
    class_names: tuple[str, ...] | None = None,  # noqa: ARG001
) -> Source:
    """Opens texts without labels; labels that come with them are left out.

    Args:
        data: a list of texts; a `.txt` file, or a folder of them, at any depth; a table,
            records, or a frame with a column of texts; `docstring_prose`, or another name or
            scheme whose samples have one text; or a `Source`.
        text_column: str, the column of texts in tables and records. Defaults to `"text"`.
        unit: str out of `UNITS`, what is one text of a `.txt` file. Defaults to the file in a
            folder, and else to the paragraph.
        class_names: not used; for `open_splits`.

    Returns:
        A `Source` with one input of kind `text`, in some cases with the group of each, and
        without targets. Empty texts are left out, and those that came before; its notes say so.

    Raises:
        InputError: if there is no such data, or it holds no text.

    Example:

    >>> open_texts(["a joy", "", "a joy"]).notes
    ('1 of 3 texts dropped: empty', '1 of 3 texts dropped: the same text came before')
    """
    if unit is not None and unit not in UNITS:
        raise InputError(f"Expected a unit out of {', '.join(UNITS)}. Received: {unit!r}")
    try:
        return _cleaned(_opened(data, text_column, unit))
    except WrongDataError as error:
        end = "" if str(error).endswith(("?", ".")) else "."
        raise WrongDataError(f"{error}{end} {_ADVICE}") from error


def _opened(data: Any, text_column: str, unit: str | None) -> Source:
    if isinstance(data, list) and data and all(isinstance(text, str) for text in data):
        return _of_texts(data, "texts")
    if isinstance(data, Source):
        return _only_text(data)
    if looks_like_frame(data) or isinstance(data, Mapping) or looks_like_records(data):
        return _of_table(table_of(data), text_column)
    if isinstance(data, str | PathLike) and (path := Path(data)).exists():
        if path.is_dir():
            files = [file for file in visible_files(path) if is_text_file(file)]
            if files:
                return _of_files(files, path, unit or "file")
        elif path.suffix.lower() == ".txt":
            return _of_files([path], path.parent, unit or "paragraph")
        elif is_table_file(path):
            wanted = RequestedColumns([text_column])
            return _of_table(of_file(path, read_table_file(path, wanted)), text_column)
        raise WrongDataError(f"Expected texts. Received: {str(path)!r}, without any")
    if not isinstance(data, str | PathLike):
        raise WrongDataError(f"Expected texts. Received: {type(data).__name__}")
    return _only_text(open_data(data, input_kind="text", text_column=text_column))


def _of_texts(
    texts: Sequence[str], name: str, notes: tuple[str, ...] = (), column: str = "text"
) -> Source:
    return Source({column: list(texts)}, {column: Column("text")}, (), name, notes)


def _only_text(source: Source) -> Source:
    """Returns the only text of each sample, with its group if it has one."""
    name = source.with_targets().input("text")
    kept = [key for key, column in source.columns.items() if column.kind == "group"]
    columns = {key: source.columns[key] for key in (name, *kept)}
    values = {key: list(source.values[key]) for key in columns}
    return Source(values, columns, (), source.name, source.notes, source.rows)


def _of_table(table: GivenTable, text_column: str) -> Source:
    advice = "Name the column of texts by `--text_column`"
    require_columns([text_column], table.cells, table.name, advice)
    texts, notes = table_texts(table, text_column)
    filled = ["" if text is None else text for text in texts]
    return _of_texts(filled, table.name, notes, text_column)


def _of_files(files: Sequence[Path], root: Path, unit: str) -> Source:
    texts: list[str] = []
    names: list[str] = []
    notes: list[str] = []
    for file in files:
        try:
            content, said = read_text(file)
        except OSError as error:
            raise InputError(
                f"Expected a file that can be read. Received: {str(file)!r}: {error.strerror}"
            ) from error
        notes += [f"{file.relative_to(root).as_posix()}: {note}" for note in said]
        found = [part for part in _PARTS[unit](content) if part.strip()]
        texts += found
        names += [file.relative_to(root).as_posix()] * len(found)
    name = files[0].name if len(files) == 1 else root.resolve().name
    notes.append(f"one text a {unit} of {len(files)} file{'s' * (len(files) != 1)}")
    source = _of_texts(texts, name, tuple(notes))
    if unit == "file" or len(files) == 1:
        return source
    return source.with_column("file", names, Column("group"))


def _cleaned(source: Source) -> Source:
    """Returns the texts that are not empty and did not come before."""
    name = source.input("text")
    texts = list(stripped_texts(source.values[name]))
    first: dict[str, int] = {}
    for position, text in enumerate(texts):
        if text:
            first.setdefault(text, position)
    empty = sum(not text for text in texts)
    counts = {
        "empty": empty,
        "the same text came before": len(texts) - empty - len(first),
    }
    notes = [
        f"{count} of {len(texts)} texts dropped: {why}" for why, count in counts.items() if count
    ]
    if not first:
        raise InputError(f"Expected texts in {source.name}. Received: {'; '.join(notes) or 'none'}")
    chosen = source.with_column(name, texts, Column("text")).select(list(first.values()))
    return replace(chosen, notes=(*source.notes, *notes))
