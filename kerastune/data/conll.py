"""CoNLL files: a token a line in columns, an empty line after each sentence."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path

from kerastune.data.source import Source
from kerastune.data.tagged import tagged_tokens
from kerastune.errors import InputError, reason

_DOCUMENT = "-DOCSTART-"
_CONLL_U_COLUMNS = 10
# Lines of CoNLL-U that are no words: a token that stands for several, and an empty node.
_NOT_A_WORD = re.compile(r"\d+[-.]\d+")
# Other spaces, such as no-break ones, belong to a token.
_SPACES = re.compile(r"[ \t]+")
_NO_TOKEN = re.compile(r"[ \t]*")


def read_conll(
    path: str | PathLike,
    *,
    class_names: Sequence[str] | None = None,
    token_column: int = 0,
    tag_column: int = -1,
) -> Source:
    """Reads the tokens and tags of a CoNLL file.

    Columns are separated by tabs if the first line that holds a token has one, else by
    spaces. Lines that begin with `-DOCSTART-` are left out, and so are, before a sentence,
    comments: lines that begin with `#` and have other columns than tokens. In CoNLL-U files
    (ten columns) also the lines of tokens that stand for several words, and of empty nodes.
    The source's notes count them. Tags that mark spans are brought to IOB2 or stay in
    IOBES, see `tagged_tokens`.

    Args:
        path: str or path of a UTF-8 file.
        class_names: sequence of str, the tags that are known, such as those of the training
            file. By default, those of the file in alphabetical order.
        token_column: int, the column of tokens, from 0; negative ones count from the last.
            Defaults to 0; in CoNLL-U it is 1.
        tag_column: int, the column of tags, likewise. Defaults to -1, the last; parts of
            speech are 3 in CoNLL-U.

    Returns:
        A `Source` with the input `tokens` and the target `tags`.

    Raises:
        InputError: if the file cannot be read, a line has too many or too few columns, an
            empty token or an unknown tag; the message tells the line.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "names.txt"
    >>> _ = path.write_text("-DOCSTART- O\\n\\nAda B-person\\nwrote O\\n\\nIt O\\nran O\\n")
    >>> source = read_conll(path)
    >>> source[0], source.notes
    ({'tokens': ['Ada', 'wrote'], 'tags': [0, 1]}, ('1 line left out: -DOCSTART-',))
    """
    path = Path(path)
    table = _Table(path, _read_lines(path))
    token, tag = (table.position(column) for column in (token_column, tag_column))
    if token == tag:
        raise InputError(
            "Expected tokens and tags in different columns. Received: "
            f"token_column={token_column}, tag_column={tag_column} of {table.width} columns"
        )
    sentences = list(table.sentences())
    for sentence in sentences:
        for number, fields in sentence:
            for column, what in ((token, "a token"), (tag, "a tag")):
                if not fields[column]:
                    raise InputError(
                        f"Expected {what} in column {column} of line {number} of {path}. "
                        "Received: nothing"
                    )
    return tagged_tokens(
        [[fields[token] for _, fields in sentence] for sentence in sentences],
        [[fields[tag] for _, fields in sentence] for sentence in sentences],
        class_names=class_names,
        name=path.name,
        where=lambda position: (
            f"the sentence that begins in line {sentences[position][0][0]} of {path}"
        ),
        unit="sentences",
        notes=table.notes,
    )


class _Table:
    """The lines of a CoNLL file in columns, with what is left out.

    Args:
        path: Path of the file, for messages.
        lines: list of str, its lines without their ends.
    """

    def __init__(self, path: Path, lines: list[str]) -> None:
        self._path = path
        self._lines = lines
        self._left_out: Counter[str] = Counter()
        # A line with a number sign tells the columns only where there is no other.
        first = next((line for line in sorted(lines, key=_is_comment) if _may_hold(line)), None)
        if first is None:
            raise InputError(f"Expected lines with a token each in {path}. Received: none")
        self._has_tabs = "\t" in first
        self.width = len(self._fields(first))

    @property
    def notes(self) -> tuple[str, ...]:
        """tuple of str, what `sentences` has left out."""
        return tuple(
            f"{count} line{'s' if count > 1 else ''} left out: {what}"
            for what, count in sorted(self._left_out.items())
        )

    def position(self, column: int) -> int:
        """Returns a column counted from the first."""
        if not -self.width <= column < self.width:
            raise InputError(
                f"Expected a column from {-self.width} to {self.width - 1} in {self._path}. "
                f"Received: {column}"
            )
        return column % self.width

    def sentences(self) -> Iterator[list[tuple[int, list[str]]]]:
        """Yields sentences, as the number and the fields of each of their lines."""
        sentence: list[tuple[int, list[str]]] = []
        self._left_out.clear()
        for number, line in enumerate(self._lines, start=1):
            if _NO_TOKEN.fullmatch(line):
                if sentence:
                    yield sentence
                sentence = []
                continue
            fields = self._fields(line)
            what = self._reason_to_leave_out(line, fields, begins=not sentence)
            if what is not None:
                self._left_out[what] += 1
            elif len(fields) != self.width:
                raise InputError(
                    f"Expected {self.width} columns in line {number} of {self._path}, as in the "
                    f"lines before. Received: {len(fields)}"
                )
            else:
                sentence.append((number, fields))
        if sentence:
            yield sentence

    def _reason_to_leave_out(self, line: str, fields: list[str], *, begins: bool) -> str | None:
        """Returns the reason to leave out a line, or None if it holds a token."""
        if line.startswith(_DOCUMENT):
            return _DOCUMENT
        # A number sign may be a token, and is one where it stands in columns like a token.
        if begins and _is_comment(line) and len(fields) != self.width:
            return "comments"
        is_conll_u = self._has_tabs and self.width == _CONLL_U_COLUMNS
        if is_conll_u and len(fields) == self.width and _NOT_A_WORD.fullmatch(fields[0]):
            return "tokens of several words and empty nodes"
        return None

    def _fields(self, line: str) -> list[str]:
        return line.split("\t") if self._has_tabs else _SPACES.split(line.strip(" \t"))


def _is_comment(line: str) -> bool:
    return line.startswith("#")


def _may_hold(line: str) -> bool:
    return not _NO_TOKEN.fullmatch(line) and not line.startswith(_DOCUMENT)


def _read_lines(path: Path) -> list[str]:
    try:
        # Only the line ends of files: `splitlines` knows others, which may be in a token.
        with path.open(encoding="utf-8-sig") as file:
            return [line.removesuffix("\n") for line in file]
    except OSError as error:
        raise InputError(
            f"Expected a CoNLL file that can be read. Received: {path}: "
            f"{error.strerror or reason(error)}"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"Expected UTF-8 text. Received: {path}: {reason(error)}. Save the file as UTF-8"
        ) from error
