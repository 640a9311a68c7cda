"""Tables with one token a row, and a column that tells which sentence it is of."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kerastune.data.cells import as_categories
from kerastune.data.given_tables import GivenTable
from kerastune.data.missing import is_absent, spells_missing
from kerastune.errors import InputError


@dataclass(frozen=True)
class Sentences:
    """The sentences of a table.

    Args:
        tokens: list of the tokens of each, lists of str.
        tags: list of the tags of each, one a token.
        rows: list of int, the position of the row in which each begins.
        notes: tuple of str, what was dropped.

    Example:

    >>> Sentences([["a", "joy"]], [["O", "O"]], [0]).notes
    ()
    """

    tokens: list[list[Any]]
    tags: list[list[Any]]
    rows: list[int]
    notes: tuple[str, ...] = ()


def sentences_of(table: GivenTable, sentence: str, token: str, tag: str) -> Sentences:
    """Returns the tokens of a table by sentence.

    A sentence goes on as long as the cell of its name is the same, or empty. Rows without a
    token are dropped, and sentences in which a token has no tag.

    Args:
        table: `GivenTable`.
        sentence: str, the column that names the sentence, in each row or in its first one.
        token: str, the column of tokens.
        tag: str, the column of tags.

    Returns:
        `Sentences`.

    Raises:
        InputError: if the first row names no sentence.

    Example:

    >>> cells = {"id": ["1", "", "2"], "word": ["Ada", "ran", "No"], "tag": ["B-x", "O", "O"]}
    >>> sentences_of(GivenTable(cells, "names"), "id", "word", "tag").tokens
    [['Ada', 'ran'], ['No']]
    """
    names = _names(table, sentence)
    words, tags = (_cells(table.cells[column]) for column in (token, tag))
    present = [row for row, word in enumerate(words) if not is_absent(word)]
    begins: list[int] = []
    found = Sentences([], [], begins)
    for row in present:
        if not begins or names[row] != names[begins[-1]]:
            begins.append(row)
            found.tokens.append([])
            found.tags.append([])
        found.tokens[-1].append(words[row])
        found.tags[-1].append(tags[row])
    lost = len(words) - len(present)
    notes = [f"{lost} of {len(words)} rows dropped: no token"] if lost else []
    again = len(begins) - len({names[row][1] for row in begins})
    if again:
        notes.append(
            f"{again} of {len(begins)} sentences are called as one before in {sentence!r}, and kept"
        )
    return _with_tags(found, table, tuple(notes))


def _names(table: GivenTable, column: str) -> list[tuple[int, str]]:
    """Returns the number and the name of the sentence of each row."""
    cells = as_categories(table.cells[column], column, table.where)
    if table.spelled:
        cells = [None if spells_missing(cell) else cell for cell in cells]
    if cells[0] is None:
        raise InputError(
            f"Expected the name of a sentence in column {column!r} of {table.name}. Received: none "
            f"in {table.where(0)}, the first. Name another column by `--sentence_name`"
        )
    # A name that comes back after another one is of another sentence, as in the next document.
    names: list[tuple[int, str]] = []
    count, last = 0, cells[0]
    for cell in cells:
        if cell is not None and cell != last:
            count, last = count + 1, cell
        names.append((count, last))
    return names


def _cells(values: Iterable[Any]) -> list[Any]:
    return [value.strip() if isinstance(value, str) else value for value in values]


def _with_tags(found: Sentences, table: GivenTable, notes: tuple[str, ...]) -> Sentences:
    """Returns the sentences in which each token has a tag, and a note on the others."""
    kept = [at for at, tags in enumerate(found.tags) if not any(map(is_absent, tags))]
    if len(kept) < len(found.rows):
        first = min(set(range(len(found.rows))) - set(kept))
        notes += (
            f"{len(found.rows) - len(kept)} of {len(found.rows)} sentences dropped: a token has no "
            f"tag, the first begins in {table.where(found.rows[first])}",
        )
    return Sentences(
        [found.tokens[at] for at in kept],
        [found.tags[at] for at in kept],
        [found.rows[at] for at in kept],
        notes,
    )
