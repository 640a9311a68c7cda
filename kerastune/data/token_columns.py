"""The columns of a table with tokens and tags, and what they are usually called."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kerastune.data.table_columns import require_columns
from kerastune.errors import InputError

USUAL_TOKENS = "tokens"
"""The column of tokens where none is named."""

TOKEN_NAMES = ("tokens", "words", "token", "word", "form", "text", "sentence")
TAG_NAMES = ("tags", "nertags", "ner", "labels", "tag", "nertag", "label", "entity", "iob")
SENTENCE_NAMES = (
    "sentence#",
    "sentence",
    "sentenceid",
    "sentenceidx",
    "sentid",
    "sentidx",
    "sent",
)
_ADVICE = "Name the columns of tokens and tags by `--tokens_name` and `--tags_name`"


@dataclass(frozen=True)
class TokenColumns:
    """The columns of a table with tokens and tags.

    Args:
        tokens: str, the column of tokens. Where the usual name is not there, another one is.
        tags: str, the column of tags, or None for the usual names.
        sentence: str, the column that tells which sentence a token is of, where there is one
            token a row, or None for the usual names.

    Example:

    >>> TokenColumns().among(["Sentence #", "Word", "POS", "Tag"], "names.csv")
    ('Word', 'Tag', 'Sentence #')
    """

    tokens: str = USUAL_TOKENS
    tags: str | None = None
    sentence: str | None = None

    def among(self, present: Sequence[str], name: str) -> tuple[str, str, str | None]:
        """Returns the columns of tokens, of tags and of sentences, out of those of a table.

        Args:
            present: sequence of str, the columns that there are.
            name: str, the table, for messages.

        Raises:
            InputError: if one is missing.
        """
        asked = [column for column in (self.tags, self.sentence) if column is not None]
        require_columns(asked, present, name, _ADVICE)
        usual = [column for column in present if column not in asked]
        tags = self.tags or known_column(TAG_NAMES, usual)
        tokens: str | None = self.tokens
        if self.tokens not in present and self.tokens == USUAL_TOKENS:
            tokens = known_column(TOKEN_NAMES, [column for column in usual if column != tags])
        tokens, tags = tokens or self.tokens, tags or "tags"
        require_columns([tokens, tags], present, name, _ADVICE)
        others = [column for column in present if column not in (tokens, tags)]
        sentence = self.sentence or known_column(SENTENCE_NAMES, others)
        if len({tokens, tags, sentence}) < 3:
            raise InputError(
                f"Expected tokens, tags and sentences in different columns of {name}. Received: "
                f"{tokens!r}, {tags!r} and {sentence!r}"
            )
        return tokens, tags, sentence


def known_column(names: Sequence[str], present: Iterable[str]) -> str | None:
    """Returns the column that has one of some usual names.

    Args:
        names: sequence of str, in lower case, the best first.
        present: the columns that there are, whose case, blanks and underscores do not count.

    Returns:
        The column, or None.

    Example:

    >>> known_column(SENTENCE_NAMES, ["Word", "Sentence #"])
    'Sentence #'
    """
    plain = {re.sub(r"[\W_]+(?<!#)", "", column.lower()): column for column in reversed([*present])}
    return next((plain[name] for name in names if name in plain), None)
