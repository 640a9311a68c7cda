"""Tokens to predict in tables of text: one token a row, or lists spelled in cells."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from kerastune.data.cells import as_categories
from kerastune.data.columns import Column
from kerastune.data.missing import is_absent, spells_missing
from kerastune.data.token_cells import are_lists, as_lists
from kerastune.data.token_columns import SENTENCE_NAMES, TOKEN_NAMES, known_column

Chunks = Iterator[Mapping[str, Any]]


def with_token_lists(chunks: Chunks, columns: Mapping[str, Column], name: str) -> Chunks:
    """Returns rows of a table in which tokens are lists.

    The forms are those of `tokens_of_table`. Of one token a row, each sentence is a row.

    Args:
        chunks: iterator of dictionaries from the name of each column to values.
        columns: dictionary from the name of each input to its `Column`. Unless the only one is of
            tokens, the rows are left as they are.
        name: str, what the table is, for messages.

    Returns:
        Iterator of dictionaries.

    Raises:
        InputError: if a text begins like a list, and is none.

    Example:

    >>> rows = {"sent_id": ["1", "", "2"], "word": ["Ada", "ran", "No"]}
    >>> list(with_token_lists(iter([rows]), {"tokens": Column("tokens")}, "names"))
    [{'tokens': [['Ada', 'ran']]}, {'tokens': [['No']]}]
    """
    ((key, column), *others) = columns.items()
    if others or column.kind != "tokens":
        yield from chunks
        return
    for first in chunks:
        words = key if key in first else known_column(TOKEN_NAMES, first)
        sentence = known_column(SENTENCE_NAMES, [other for other in first if other != words])
        rest = chain([first], chunks)
        if words is None:
            yield from rest
        elif sentence is None or are_lists(first[words]):
            yield from _spelled_lists(rest, words, key, name)
        else:
            yield from _sentences(rest, words, sentence, key)


def _spelled_lists(chunks: Chunks, words: str, key: str, name: str) -> Chunks:
    """Returns rows whose cells spell lists, under the name that is expected."""
    start = 1
    for cells in chunks:
        locations = [f"row {start + at} of {name}" for at in range(len(cells[words]))]
        lists = as_lists(cells[words], locations.__getitem__)
        yield {key: lists}
        start += len(lists)


def _sentences(chunks: Chunks, words: str, sentence: str, key: str) -> Chunks:
    """Returns sentences of rows with one token each; None for a missing one."""
    last: str | None = None
    unfinished: list[Any] = []
    for cells in chunks:
        whole = []
        named = as_categories(cells[sentence], sentence)
        for found, word in zip(named, cells[words], strict=True):
            if found is not None and found != last and not spells_missing(found):
                whole += [unfinished] if unfinished else []
                unfinished, last = [], found
            unfinished.append(None if is_absent(word) else str(word).strip())
        if whole:
            yield {key: whole}
    if unfinished:
        yield {key: [unfinished]}
