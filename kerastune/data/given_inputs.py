"""Inputs to predict, in whatever form they are given, as pieces of rows."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.data.audio_folders import with_recording_notes
from kerastune.data.audio_rates import at_known_rates
from kerastune.data.columns import Column
from kerastune.data.frames import looks_like_frame
from kerastune.data.given_tables import GivenTable
from kerastune.data.image_inputs import with_image_column
from kerastune.data.input_files import file_rows, stream_rows
from kerastune.data.input_pieces import InputPiece, gathered_rows, pieces_of, slices
from kerastune.data.open import NAMED, open_data
from kerastune.data.openers import find_opener
from kerastune.data.plain_numbers import plain_numbers
from kerastune.data.records import looks_like_records
from kerastune.data.rows_in_pieces import RowStream, columns_of
from kerastune.data.single_inputs import described_inputs, is_single, is_table
from kerastune.data.source import Source
from kerastune.data.source_tables import given_table
from kerastune.data.table_files import is_table_file
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


def given_inputs(
    data: Any,
    columns: Mapping[str, Column],
    *,
    targets: Iterable[str] = (),
    batch_size: int = 64,
) -> GivenInputs:
    """Returns inputs of any form, some rows at a time.

    Args:
        data: one of
            - one input by itself: a text, an image, the path of an image or of a recording, an
              array of the shape of one sample, or a dictionary of one value by column;
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
    single = _single(data, columns)
    rows = _rows(data, columns, batch_size) if single is None else single
    notes = list(rows.notes)
    chunks = with_recording_notes(rows.chunks, columns, notes)
    if rows.spelled and is_table(columns):
        chunks = plain_numbers(chunks, columns, notes, decimal_comma=rows.decimal_comma)
    chunks = _checked(replace(rows, chunks=chunks), columns, set(targets), notes)
    pieces = pieces_of(chunks, columns, rows.name, spelled=rows.spelled)
    return GivenInputs(pieces, single is not None, notes)


def _single(data: Any, columns: Mapping[str, Column]) -> RowStream | None:
    """Returns an input that is given by itself, as a row; None for anything else."""
    only = next(iter(columns)) if len(columns) == 1 and not is_table(columns) else None
    if isinstance(data, Mapping):
        present = [name for name in columns if name in data]
        if not present or not all(is_single(data[name], columns[name]) for name in present):
            return None
        return RowStream(iter([{name: [value] for name, value in data.items()}]), "the input")
    if only is None or looks_like_frame(data) or not is_single(data, columns[only]):
        return None
    if isinstance(data, str | PathLike):
        is_file = os.path.isfile(data) and is_table_file(Path(data))
        if columns[only].kind == "text" and is_file:
            raise InputError(
                f"Expected a text. Received: {data!r}, which is a file. Give "
                f"pathlib.Path({data!r}) to read it, or [{data!r}] if it is the text"
            )
        is_whole = is_file or os.path.isdir(data) or _is_name(data)
        if columns[only].kind in ("audio", "image") and is_whole:
            return None
    return RowStream(iter([{only: [data]}]), "the input")


def _rows(data: Any, columns: Mapping[str, Column], batch_size: int) -> RowStream:
    """Returns any number of inputs, some rows at a time."""
    only = next(iter(columns)) if len(columns) == 1 and not is_table(columns) else None
    if isinstance(data, str | PathLike):
        if only is not None and columns[only].kind == "tokens" and isinstance(data, str):
            raise InputError(
                f"Expected tokens. Received: {data!r}, a text. Split it first. "
                f"{described_inputs(columns)}"
            )
        if _is_name(data):
            return _of_columns(open_data(data), columns, batch_size)
        return file_rows(Path(data), columns)
    if hasattr(data, "readline"):
        name = str(getattr(data, "name", "the stream"))
        return stream_rows(data, columns, name.replace("<stdin>", "the standard input"))
    if (
        isinstance(data, Mapping | Source | GivenTable)
        or looks_like_frame(data)
        or looks_like_records(data)
    ):
        return _of_columns(data, columns, batch_size)
    if isinstance(data, bytes) or not hasattr(data, "__iter__"):
        raise InputError(
            f"Expected inputs to predict. Received: {_brief(data)}. {described_inputs(columns)}"
        )
    name = f"the {type(data).__name__}"
    if not hasattr(data, "__len__") or not hasattr(data, "__getitem__"):
        return RowStream(_streamed(data, columns, only, batch_size), name)
    if hasattr(data, "__array__") and not hasattr(data, "to_list"):
        data = np.asarray(data)  # Such as a tensor; series are read by themselves.
    if only is None:
        raise InputError(
            f"Expected inputs by column: dictionaries or a frame. Received: {_brief(data)}. "
            f"{described_inputs(columns)}"
        )
    return RowStream(slices({only: data}, batch_size), name)


def _is_name(data: Any) -> bool:
    """Returns whether a text is the name of a data set or has the scheme of an opener."""
    return isinstance(data, str) and (data in NAMED or find_opener(data) is not None)


def _of_columns(data: Any, columns: Mapping[str, Column], batch_size: int) -> RowStream:
    notes: tuple[str, ...] = ()
    if isinstance(data, Source) and not is_table(columns):
        given = at_known_rates(data, columns)
        cells, name, notes = given.values, given.name, given.notes[len(data.notes) :]
    elif isinstance(data, Mapping) and not is_table(columns):
        cells, name = data, "the columns"
    else:
        table = given_table(data)
        if is_table(columns):
            return RowStream(
                slices(table.cells, batch_size), table.name, table.spelled, table.decimal_comma
            )
        cells, name = table.cells, table.name
    cells = with_image_column(cells, columns, name)
    missing = [key for key in columns if key not in cells]
    if missing:
        raise _lacking(missing[0], cells, name, columns)
    chunks = slices({key: cells[key] for key in columns}, batch_size)
    return RowStream(chunks, name, notes=notes)


def _streamed(
    data: Iterable[Any], columns: Mapping[str, Column], only: str | None, batch_size: int
) -> Iterator[Mapping[str, Any]]:
    """Yields inputs that can be read once only, some at a time."""
    for items in gathered_rows(data, batch_size):
        if all(isinstance(item, Mapping) for item in items):
            yield columns_of(items)
        elif only is not None and not is_table(columns):
            yield {only: items}
        else:
            raise InputError(
                f"Expected dictionaries by column. Received: {_brief(items[0])} among the inputs. "
                f"{described_inputs(columns)}"
            )


def _checked(
    rows: RowStream, columns: Mapping[str, Column], targets: set[str], notes: list[str]
) -> Iterator[Mapping[str, Any]]:
    """Yields chunks with the columns, filled with missing values where later rows lack one."""
    is_first = True
    for cells in rows.chunks:
        missing = [name for name in columns if name not in cells]
        if missing and is_first:
            raise _lacking(missing[0], cells, rows.name, columns)
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
    """Returns the error for a column that is not there."""
    names = [str(other) for other in present]
    kind = columns[name].kind
    option = f"; --{kind}_column names another" if kind in ("text", "image", "tokens") else ""
    return InputError(
        f"Expected a column {name!r} in {where}. Received: columns "
        f"{', '.join(map(repr, names)) or 'none'}.{closest(name, names)} "
        f"{described_inputs(columns)}{option}"
    )


def _brief(data: Any) -> str:
    shape = getattr(data, "shape", None)
    if shape is not None:
        return f"{type(data).__name__} of shape {tuple(shape)}"
    text = repr(data)
    return text if len(text) <= 60 else type(data).__name__
