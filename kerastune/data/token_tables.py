"""Tables with a list of tokens and a list of tags in each row."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from kerastune.data.given_tables import GivenTable, of_file, table_of
from kerastune.data.source import Source
from kerastune.data.table_columns import Wanted, require_columns
from kerastune.data.table_files import is_table_file, read_table_file
from kerastune.data.table_folders import only_table
from kerastune.data.table_text import inner_suffix
from kerastune.data.tagged import tagged_tokens
from kerastune.errors import WrongDataError

_TAG_NAMES = ("tags", "ner_tags", "ner", "labels")
_ADVICE = "Name the columns of tokens and tags by `--tokens_name` and `--tags_name`"
_OF_TEXT = (".csv", ".tab", ".tsv")


def holds_lists(path: Path) -> bool:
    """Whether a file is of a format whose cells can be lists.

    Args:
        path: Path.

    Raises:
        InputError: for CSV, whose cells are text.

    Example:

    >>> holds_lists(Path("names.jsonl")), holds_lists(Path("names.conll"))
    (True, False)
    """
    if inner_suffix(path) == ".csv":
        raise WrongDataError(
            "Expected a CoNLL file, with a token and its tag a line, or JSON lines or Parquet with "
            f"lists of tokens and tags. Received: {path}, whose cells are text. Write it as one of "
            "these"
        )
    return is_table_file(path) and inner_suffix(path) not in _OF_TEXT


def token_table(data: Any) -> GivenTable:
    """The table of tokens and tags in a file or a frame.

    Args:
        data: path of a file that `holds_lists` is true of; or a frame.

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
    path = only_table(Path(data)) if Path(data).is_dir() else Path(data)
    return of_file(path, read_table_file(path, Wanted(rule=lambda *_: None)))


def tokens_of_table(
    table: GivenTable,
    tokens_name: str,
    tags_name: str | None,
    class_names: Sequence[str] | None,
) -> Source:
    """The samples of a table with tokens and tags.

    Args:
        table: `GivenTable`.
        tokens_name: str, the column of tokens.
        tags_name: str, the column of tags. None for `tags`, `ner_tags`, `ner` or `labels`.
        class_names: sequence of str, the tags that are known, or None.

    Returns:
        A `Source`, as `tagged_tokens` gives it. Rows without tokens or tags are dropped.

    Raises:
        InputError: if a column is missing, or a value is no list.

    Example:

    >>> table = GivenTable({"tokens": [["a", "joy"], None], "ner": [["O", "X"], []]}, "names")
    >>> tokens_of_table(table, "tokens", None, None).notes
    ('1 of 2 rows dropped: no tokens or tags',)
    """
    if tags_name is None:
        tags_name = next((name for name in _TAG_NAMES if name in table.cells), _TAG_NAMES[0])
    require_columns([tokens_name, tags_name], table.cells, table.name, _ADVICE)
    tokens, tags = list(table.cells[tokens_name]), list(table.cells[tags_name])
    rows = [
        row
        for row, (words, names) in enumerate(zip(tokens, tags, strict=True))
        if words is not None and names is not None
    ]
    notes = table.notes
    if len(rows) < len(tokens):
        lost = len(tokens) - len(rows)
        notes += (f"{lost} of {len(tokens)} rows dropped: no tokens or tags",)
    return tagged_tokens(
        [tokens[row] for row in rows],
        [tags[row] for row in rows],
        class_names=class_names,
        name=table.name,
        where=lambda position: table.where(rows[position]),
        unit="rows",
        tokens_name=tokens_name,
        tags_name=tags_name,
        notes=notes,
    )
