"""Tags of names in a line of Python: defined, called, imported or passed by."""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from kerastune.data.span_tags import OUTSIDE

NAME_TAGS = (
    *("B-call", "B-class", "B-function", "B-import", "B-keyword", "B-parameter"),
    *("I-call", "I-class", "I-import"),
    OUTSIDE,
)
"""The tags of names: those with I- are for dotted names."""

_NO_WORDS = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NL,
}
_NAME_ENDS = {"as", ",", "(", ")", "import", "*"}

Position = tuple[int, int]  # a line, from 1, and a column in characters, from 0


def tagged_lines(code: str) -> list[tuple[list[str], list[str]]]:
    """Returns the logical lines of a Python module, with the names in them tagged in IOB2.

    A logical line is a statement or the head of a compound one, without comments. Those with
    f-strings are left out. What the types of names are, `python_source` says.

    Args:
        code: str, the text of a module.

    Returns:
        List of tuples of the tokens of a line and the tags of these tokens.

    Raises:
        SyntaxError: if it is not Python.

    Example:

    >>> tagged_lines("import os.path as p")
    [(['import', 'os', '.', 'path', 'as', 'p'],
      ['O', 'B-import', 'I-import', 'I-import', 'O', 'B-import'])]
    """
    names = _Names(code)
    names.visit(ast.parse(code))
    return [
        ([token.string for token in line], _tags(line, names.spans))
        for line in _logical_lines(code)
    ]


@dataclass(frozen=True)
class _Span:
    """A name in the text of a module: where it ends, and its type."""

    end: Position
    kind: str


class _Names(ast.NodeVisitor):
    """Finds the names that the parser knows the places of, by where they start.

    Args:
        code: str, the text of the module.
    """

    def __init__(self, code: str) -> None:
        # Not `splitlines`, for which a form feed ends a line.
        self._lines = code.split("\n")
        self.spans: dict[Position, _Span] = {}

    def visit_Call(self, node: ast.Call) -> None:
        """Adds the name of a called function."""
        self._add_dotted(node.func, "call")
        self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        """Adds the name of a parameter."""
        self._add_word(node, node.arg, "parameter")
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        """Adds the name of an argument, if it is not `**` and a dictionary."""
        if node.arg is not None:
            self._add_word(node, node.arg, "keyword")
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Adds the names of base classes."""
        for base in node.bases:
            self._add_dotted(base, "class")
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """Adds the names of exceptions that are caught."""
        for caught in node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]:
            if caught is not None:
                self._add_dotted(caught, "class")
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Adds nothing: Python 3.11 gives names in an f-string the positions of other tokens."""

    def _add_dotted(self, node: ast.expr, kind: str) -> None:
        """Adds a name with its attributes; other expressions are left out."""
        if _is_dotted(node):
            end = self._position(node.end_lineno or 0, node.end_col_offset or 0)
            self.spans[self._position(node.lineno, node.col_offset)] = _Span(end, kind)

    def _add_word(self, node: ast.arg | ast.keyword, name: str, kind: str) -> None:
        """Adds the word with which a node starts."""
        line, column = self._position(node.lineno, node.col_offset)
        self.spans[line, column] = _Span((line, column + len(name)), kind)

    def _position(self, line: int, offset: int) -> Position:
        """Returns the place of a token: the parser counts bytes, the tokenizer characters."""
        return line, len(self._lines[line - 1].encode()[:offset].decode())


def _is_dotted(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _logical_lines(code: str) -> Iterator[list[tokenize.TokenInfo]]:
    """Yields the tokens of each statement, without comments and statements with f-strings."""
    line: list[tokenize.TokenInfo] = []
    has_f_string = False
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.NEWLINE or token.string == ";":
            if line and not has_f_string:
                yield line
            line, has_f_string = [], False
        elif token.type not in _NO_WORDS:
            line.append(token)
            has_f_string = has_f_string or _begins_f_string(token)


def _begins_f_string(token: tokenize.TokenInfo) -> bool:
    """Returns whether a token is an f-string, or its beginning as Python 3.12 and later cut it."""
    if token.type == tokenize.STRING:
        prefix = token.string[: len(token.string) - len(token.string.lstrip("bfruBFRU"))]
        return "f" in prefix.lower()
    return tokenize.tok_name[token.type].endswith("STRING_START")


def _tags(line: list[tokenize.TokenInfo], spans: dict[Position, _Span]) -> list[str]:
    words = [token.string for token in line]
    if "import" in words:
        start = words.index("from") if "from" in words else words.index("import")
        return _tags(line[:start], spans) + _import_tags(words[start:])
    tags: list[str] = []
    open_span: _Span | None = None
    for before, token in zip(["", *words], line, strict=False):
        if open_span is not None and token.start < open_span.end:
            tags.append(f"I-{open_span.kind}")
        elif (open_span := spans.get(token.start)) is not None:
            tags.append(f"B-{open_span.kind}")
        else:
            tags.append({"def": "B-function", "class": "B-class"}.get(before, OUTSIDE))
    return tags


def _import_tags(words: list[str]) -> list[str]:
    """Returns the tags of a statement that imports: `import a.b as c` or `from .a import b, c`."""
    tags = []
    is_inside = False
    for position, word in enumerate(words):
        # A relative import has dots before the name.
        if position == 0 or word in _NAME_ENDS or (word in (".", "...") and not is_inside):
            tags.append(OUTSIDE)
            is_inside = False
        else:
            tags.append("I-import" if is_inside else "B-import")
            is_inside = True
    return tags
