"""Tables with tokens and tags: a list of each in a row, or one of each."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from kerastune.data.delimited_files import open_large_delimited
from kerastune.data.given_tables import GivenTable, of_file, table_of
from kerastune.data.source import Source
from kerastune.data.table_columns import RequestedColumns
from kerastune.data.table_files import is_table_file, read_table_file
from kerastune.data.table_folders import table_at
from kerastune.data.table_notes import left_out_notes, listed
from kerastune.data.table_text import inner_suffix
from kerastune.data.tagged import tagged_tokens
from kerastune.data.token_cells import are_lists, as_lists
from kerastune.data.token_columns import (
    SENTENCE_NAMES,
    TAG_NAMES,
    TOKEN_NAMES,
    TokenColumns,
    known_column,
)
from kerastune.data.token_rows import Sentences, sentences_of
from kerastune.errors import WrongDataError

_OF_TEXT = (".tab", ".tsv")


def is_token_table(path: Path) -> bool:
    """Returns whether a file is read as a table, and not as CoNLL.

    Args:
        path: Path. Tables with tabs are CoNLL unless their first line names the columns.

    Raises:
        InputError: if it cannot be read.

    Example:

    >>> is_token_table(Path("names.jsonl")), is_token_table(Path("names.conll"))
    (True, False)
    """
    suffix = inner_suffix(path)
    if suffix not in _OF_TEXT or not path.is_file():
        return is_table_file(path)
    header = open_large_delimited(path, suffix).header
    return all(known_column(names, header) for names in (TOKEN_NAMES, TAG_NAMES, SENTENCE_NAMES))


def token_table(data: Any) -> GivenTable:
    """Returns the table of tokens and tags in a file or a frame.

    Args:
        data: path of a file that `is_token_table` is true of, or of a folder with one; or a
            frame, or records.

    Returns:
        A `GivenTable`.

    Raises:
        InputError: if it cannot be read.

    Example:

    >>> token_table({"tokens": [["a"]], "tags": [["X"]]}).name
    'the columns'
    """
    if not isinstance(data, str | PathLike):
        return table_of(data)
    path = table_at(Path(data))
    return of_file(path, read_table_file(path, RequestedColumns(rule=lambda *_: None)))


def tokens_of_table(
    table: GivenTable, columns: TokenColumns, class_names: Sequence[str] | None = None
) -> Source:
    """Returns the samples of a table with tokens and tags: a list of each a row, or one of each.

    Lists may be spelled in cells of text, see `as_lists`. Of one token a row, the sentences are
    told by a column, see `sentences_of`.

    Args:
        table: `GivenTable`.
        columns: `TokenColumns`.
        class_names: sequence of str, the tags that are known, or None.

    Returns:
        A `Source`, as `tagged_tokens` gives it. Rows without tokens or tags are dropped.

    Raises:
        InputError: if a column is missing, or a value is no list.

    Example:

    >>> table = GivenTable({"tokens": [["a", "joy"], None], "ner": [["O", "X"], []]}, "names")
    >>> tokens_of_table(table, TokenColumns()).notes
    ('1 of 2 rows dropped: no tokens or tags',)
    """
    tokens, tags, sentence = columns.among(list(table.cells), table.name)
    if are_lists(table.cells[tags]) or are_lists(table.cells[tokens]):
        found, unit = _of_lists(table, tokens, tags), "rows"
    elif sentence is None:
        raise WrongDataError(
            f"Expected lists of tokens and tags in {table.name}, or a column that tells which "
            f"sentence each token is of. Received: columns {listed(list(table.cells))}. Name it "
            "by `--sentence_name`"
        )
    else:
        found, unit = sentences_of(table, sentence, tokens, tags), "sentences"
    others = [column for column in table.cells if column not in (tokens, tags, sentence)]
    notes = left_out_notes(others, "it is not predicted", "they are not predicted")
    return tagged_tokens(
        found.tokens,
        found.tags,
        class_names=class_names,
        name=table.name,
        where=lambda position: table.where(found.rows[position]),
        unit=unit,
        tokens_name=tokens,
        tags_name=tags,
        notes=(*table.notes, *found.notes, *(notes if unit == "sentences" else ())),
    )


def _of_lists(table: GivenTable, tokens_name: str, tags_name: str) -> Sentences:
    """Returns the rows that have a list of tokens and one of tags."""
    tokens, tags = (as_lists(table.cells[name], table.where) for name in (tokens_name, tags_name))
    rows = [
        row
        for row, (words, names) in enumerate(zip(tokens, tags, strict=True))
        if words is not None and names is not None
    ]
    lost = len(tokens) - len(rows)
    notes = (f"{lost} of {len(tokens)} rows dropped: no tokens or tags",) if lost else ()
    return Sentences([tokens[row] for row in rows], [tags[row] for row in rows], rows, notes)
