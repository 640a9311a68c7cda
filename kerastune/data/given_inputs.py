"""Inputs to predict, in whatever form they are given, as pieces of rows."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from kerastune.data.columns import Column
from kerastune.data.delimited import SPELLED
from kerastune.data.frames import looks_like_frame
from kerastune.data.given_tables import GivenTable
from kerastune.data.input_files import file_rows, is_table_file, stream_rows
from kerastune.data.input_pieces import InputPiece, gathered_rows, pieces_of, slices
from kerastune.data.open import NAMED, open_data
from kerastune.data.openers import find_opener
from kerastune.data.records import looks_like_records
from kerastune.data.rows_in_pieces import columns_of
from kerastune.data.single_inputs import is_single, is_table, reads
from kerastune.data.source import Source
from kerastune.data.source_tables import given_table
from kerastune.data.table_notes import left_out_notes
from kerastune.errors import InputError, closest


@dataclass(frozen=True)
class GivenInputs:
    """Inputs as pieces of rows, which are read when they are asked for.

    Args:
        pieces: iterator of `InputPiece`.
        is_single: bool, whether one input was given by itself, which wants one answer.
        notes: list of str, what a person should know; complete when all pieces are read.

    Example:

    >>> given_inputs("a joy", {"text": Column("text")}).is_single
    True
    """

    pieces: Iterator[InputPiece]
    is_single: bool
    notes: list[str]


@dataclass(frozen=True)
class _Form:
    """Chunks of columns, and what they are."""

    chunks: Iterable[Mapping[str, Any]]
    name: str
    is_single: bool = False
    spelled: bool = False


def given_inputs(
    data: Any,
    columns: Mapping[str, Column],
    *,
    targets: Iterable[str] = (),
    batch_size: int = 64,
) -> GivenInputs:
    """Inputs in any form, as pieces of rows.

    Args:
        data: one of
            - one input by itself: a text, an image, the path of an image, an array of the
              shape of one sample, or a dictionary of one value by column;
            - a sequence of inputs, or an iterable such as a generator, which is read as it is
              needed;
            - inputs by column: a dictionary, a frame of Polars or pandas, records, a `Source`.
              The order of columns does not matter, and others are left out;
            - the path of a file or folder, see `kerastune.data.input_files`; for texts it is
              told from a text by its type, `pathlib.Path`;
            - an open text file, such as `sys.stdin`, which is read as it is needed.
        columns: dictionary from the name of each input to its `Column`.
        targets: the names of the columns that are predicted, which may be there too.
        batch_size: int, rows that are computed at a time.

    Returns:
        A `GivenInputs`.

    Raises:
        InputError: if these are no inputs of this kind, with what is read instead. What is
            wrong with rows is told when they are read.

    Example:

    >>> columns = {"age": Column("number"), "city": Column("category")}
    >>> given = given_inputs([{"city": "Bonn", "age": 30, "shop": 1}], columns)
    >>> [piece.read()[0] for piece in given.pieces]
    [{'age': np.float64(30.0), 'city': 'Bonn'}]
    >>> given.notes
    ["left out, as the training data lacks it: 'shop'"]
    """
    form = _form(data, columns, batch_size)
    notes: list[str] = []
    chunks = _checked(form, columns, set(targets), notes)
    pieces = pieces_of(chunks, columns, form.name, spelled=form.spelled)
    return GivenInputs(pieces, form.is_single, notes)


def _form(data: Any, columns: Mapping[str, Column], batch_size: int) -> _Form:
    """What form inputs are given in."""
    only = next(iter(columns)) if len(columns) == 1 else None
    if isinstance(data, str | PathLike):
        return _of_text_or_path(data, columns, only)
    if hasattr(data, "readline"):
        name = str(getattr(data, "name", "the stream")).replace("<stdin>", "the standard input")
        return _Form(stream_rows(data, columns), name, spelled=True)
    if isinstance(data, Mapping):
        present = [name for name in columns if name in data]
        if present and all(is_single(data[name], columns[name]) for name in present):
            return _Form([{name: [value] for name, value in data.items()}], "the input", True)
        return _of_columns(data, columns, batch_size)
    if only is not None and not is_table(columns) and is_single(data, columns[only]):
        return _Form([{only: [data]}], "the input", True)
    if isinstance(data, Source | GivenTable) or looks_like_records(data) or looks_like_frame(data):
        return _of_columns(data, columns, batch_size)
    if isinstance(data, bytes) or not hasattr(data, "__iter__"):
        raise InputError(f"Expected inputs to predict. Received: {_shown(data)}. {reads(columns)}")
    if hasattr(data, "__len__") and hasattr(data, "__getitem__"):
        return _of_sequence(data, columns, only, batch_size)
    return _Form(_streamed(data, columns, only, batch_size), f"the {type(data).__name__}")


def _of_text_or_path(data: Any, columns: Mapping[str, Column], only: str | None) -> _Form:
    """A text by itself, or what a name or a path leads to."""
    path = Path(data)
    kind = columns[only].kind if only is not None else None
    if kind == "text" and isinstance(data, str):
        if is_table_file(path) and os.path.isfile(path):
            raise InputError(
                f"Expected a text. Received: {data!r}, which is a file. Give "
                f"pathlib.Path({data!r}) to read it, or [{data!r}] if it is the text"
            )
        return _Form([{str(only): [data]}], "the input", True)
    if kind == "tokens" and isinstance(data, str):
        raise InputError(
            f"Expected tokens. Received: {data!r}, a text. Split it first. {reads(columns)}"
        )
    if isinstance(data, str) and (data in NAMED or find_opener(data) is not None):
        return _of_columns(open_data(data), columns, 64)
    spelled = path.suffix.lower() in SPELLED
    is_one = kind == "image" and not os.path.isdir(path) and not is_table_file(path)
    if is_one:
        return _Form([{str(only): [path]}], "the input", True)
    return _Form(file_rows(path, columns), str(path), False, spelled)


def _of_columns(data: Any, columns: Mapping[str, Column], batch_size: int) -> _Form:
    """Inputs by column."""
    if is_table(columns):
        table = given_table(data)
        return _Form(slices(table.cells, batch_size), table.name, False, table.spelled)
    name = "the columns"
    if isinstance(data, Source):
        cells, name = data.values, data.name
    elif isinstance(data, Mapping):
        cells = data
    else:
        table = given_table(data)
        cells, name = table.cells, table.name
    missing = [key for key in columns if key not in cells]
    if missing:
        raise _lacking(missing[0], cells, name, columns)
    return _Form(slices({key: cells[key] for key in columns}, batch_size), name)


def _of_sequence(
    data: Any, columns: Mapping[str, Column], only: str | None, batch_size: int
) -> _Form:
    """A sequence of values of the only column."""
    if only is None or is_table(columns):
        raise InputError(
            f"Expected inputs by column: dictionaries or a frame. Received: {_shown(data)}. "
            f"{reads(columns)}"
        )
    return _Form(slices({only: data}, batch_size), f"the {type(data).__name__}")


def _streamed(
    data: Iterable[Any], columns: Mapping[str, Column], only: str | None, batch_size: int
) -> Iterator[Mapping[str, Any]]:
    """Inputs that can be read once only, some at a time."""
    for items in gathered_rows(data, batch_size):
        if all(isinstance(item, Mapping) for item in items):
            yield columns_of(items)
        elif only is not None and not is_table(columns):
            yield {only: items}
        else:
            raise InputError(
                f"Expected dictionaries by column. Received: {_shown(items[0])} among the inputs. "
                f"{reads(columns)}"
            )


def _checked(
    form: _Form, columns: Mapping[str, Column], targets: set[str], notes: list[str]
) -> Iterator[Mapping[str, Any]]:
    """Chunks that have the columns; a column that only later rows lack is missing in these."""
    is_first = True
    for cells in form.chunks:
        missing = [name for name in columns if name not in cells]
        if missing and is_first:
            raise _lacking(missing[0], cells, form.name, columns)
        if is_first and is_table(columns):
            others = [name for name in cells if name not in columns and name not in targets]
            notes += left_out_notes(
                others, "the training data lacks it", "the training data lacks them"
            )
        count = len(next(iter(cells.values()))) if cells else 0
        yield {**cells, **{name: [None] * count for name in missing}}
        is_first = False


def _lacking(
    name: str, present: Iterable[str], where: str, columns: Mapping[str, Column]
) -> InputError:
    """The error for a column that is not there."""
    names = [str(other) for other in present]
    kind = columns[name].kind
    option = f"; --{kind}_column names another" if kind in ("text", "image", "tokens") else ""
    return InputError(
        f"Expected a column {name!r} in {where}. Received: columns "
        f"{', '.join(map(repr, names)) or 'none'}.{closest(name, names)} {reads(columns)}{option}"
    )


def _shown(data: Any) -> str:
    """What came, in few words."""
    shape = getattr(data, "shape", None)
    if shape is not None:
        return f"{type(data).__name__} of shape {tuple(shape)}"
    text = repr(data)
    return text if len(text) <= 60 else type(data).__name__
