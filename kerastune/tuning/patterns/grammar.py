"""The language of patterns: text in, a tree of names and operators out."""

import re
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from kerastune.errors import InputError

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<end>$)
      | (?P<operator>[|&~()])
      | (?P<ends>(?:first|last)\(\s*(?P<count>\d{1,18})\s*\))
      | (?P<groups>groups\[[^\]]*\])
      | (?P<regex>re:(?:"[^"]+"|'[^']+'|[^\s|&~()"']+))
      | (?P<quoted>"[^"]*"|'[^']*')
      | (?P<word>[^\s|&~()"']+)
    )""",
    re.VERBOSE,
)
_MOST_NESTED = 100
_SLICE = re.compile(
    r"groups\[\s*(?P<start>-?\d{1,18})?\s*(?P<colon>:)?\s*(?P<stop>-?\d{1,18})?\s*\]"
)
_HINTS = {
    "fi": "a number of layer groups from 1",
    "la": "a number of layer groups from 1",
    "gr": "layer groups like `groups[2:5]`, `groups[-3:]` or `groups[0]`",
    "re": "a regular expression after `re:`, in quotes if it has operators or spaces,",
}


@dataclass(frozen=True)
class Atom:
    """The smallest part of a pattern, as written and as understood.

    Args:
        text: str, as written.
        kind: str, `"word"`, `"name"` (a word in quotes), `"regex"` or `"groups"`.
        value: str, or the slice of layer groups.
    """

    text: str
    kind: str
    value: str | slice


@dataclass(frozen=True)
class Operation:
    """Parts of a pattern put together.

    Args:
        operator: str, `"|"`, `"&"` or `"~"`.
        operands: tuple of `Atom` and `Operation`, one for `"~"`, else two or
            more.
    """

    operator: str
    operands: "tuple[Node, ...]"


Node: TypeAlias = Atom | Operation


def parse(text: str) -> Node:
    """Returns the meaning of a pattern's text; `~` binds before `&`, and `&` before `|`.

    Args:
        text: str, the pattern.

    Returns:
        An `Atom` or an `Operation`.

    Raises:
        InputError: if the text is no pattern, with the place where it stops being one.

    Example:

    >>> parse("~a | b").operator
    '|'
    >>> parse("(a | b")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected an operator... at the end of a pattern. Received: ...
    """
    if not isinstance(text, str):
        raise InputError(f"Expected a pattern as text, such as 'head'. Received: {text!r}")
    tokens = _tokens(text)
    if sum(token["operator"] in ("(", "~") for token in tokens) > _MOST_NESTED:
        raise InputError(
            f"Expected a pattern with at most {_MOST_NESTED} of `(` and `~`. Received: more, in "
            f"{text!r}"
        )
    node = _union(tokens)
    if tokens[0].lastgroup != "end":
        raise _error("an operator (`|`, `&`) or the end", tokens[0])
    return node


def _tokens(text: str) -> "deque[re.Match[str]]":
    """Returns a pattern cut into its smallest pieces, and its end."""
    tokens: deque[re.Match[str]] = deque()
    place = 0
    while not tokens or tokens[-1].lastgroup != "end":
        token = _TOKEN.match(text, place)
        if token is None:
            raise InputError(
                f"Expected every quote of a pattern to be closed. Received: {text!r}, with one "
                f"open from {text[place:].strip()!r}"
            )
        tokens.append(token)
        place = token.end()
    return tokens


def _union(tokens: "deque[re.Match[str]]") -> Node:
    return _joined("|", tokens, _intersection)


def _intersection(tokens: "deque[re.Match[str]]") -> Node:
    return _joined("&", tokens, _operand)


def _joined(
    operator: str,
    tokens: "deque[re.Match[str]]",
    operand: Callable[["deque[re.Match[str]]"], Node],
) -> Node:
    """Returns an operand, or all that an operator joins."""
    nodes = [operand(tokens)]
    while tokens[0]["operator"] == operator:
        tokens.popleft()
        nodes.append(operand(tokens))
    return Operation(operator, tuple(nodes)) if len(nodes) > 1 else nodes[0]


def _operand(tokens: "deque[re.Match[str]]") -> Node:
    """Returns an atom, a pattern in parentheses, or `~` and an operand."""
    token = tokens.popleft()
    if token["operator"] == "~":
        return Operation("~", (_operand(tokens),))
    if token["operator"] == "(":
        node = _union(tokens)
        if tokens[0]["operator"] != ")":
            raise _error("an operator (`|`, `&`) or a closing parenthesis", tokens[0])
        tokens.popleft()
        return node
    if token["operator"] or token.lastgroup == "end":
        raise _error("a name, a role, a glob, `re:…` or layer groups", token)
    return _atom(token)


def _atom(token: "re.Match[str]") -> Atom:
    """Returns a single name, regular expression or range of layer groups."""
    text = token[0].strip()
    if token["ends"]:
        count = int(token["count"])
        if count:
            return Atom(text, "groups", slice(-count, None) if text[0] == "l" else slice(count))
    elif token["groups"]:
        found = _SLICE.fullmatch(text)
        if found and (found["start"] or found["colon"]):
            start, stop = (int(found[end]) if found[end] else None for end in ("start", "stop"))
            if not found["colon"]:
                stop = (start or 0) + 1 or None
            return Atom(text, "groups", slice(start, stop))
    elif token["quoted"]:
        return Atom(text, "name", text[1:-1])
    elif not text.startswith("re:"):
        return Atom(text, "word", text)
    elif token["regex"]:
        expression = text[4:-1] if text[3] in "\"'" else text[3:]
        try:
            with warnings.catch_warnings():
                # Of what a later version of Python may understand otherwise.
                warnings.simplefilter("error")
                re.compile(expression)
            return Atom(text, "regex", expression)
        except (re.error, ArithmeticError, RecursionError, Warning) as error:
            raise _error(f"a regular expression ({error})", token) from error
    raise _error(_HINTS[text[:2]], token)


def _error(expected: str, token: "re.Match[str]") -> InputError:
    place = len(token[0]) - len(token[0].lstrip()) + token.start()
    where = f"at character {place + 1}" if token.lastgroup != "end" else "at the end"
    return InputError(f"Expected {expected} {where} of a pattern. Received: {token.string!r}")
