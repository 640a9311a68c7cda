"""Patterns put together in Python, with the operators of their text."""

from kerastune.errors import InputError
from kerastune.tuning.patterns.grammar import Operation, parse


class Pattern(str):
    """A pattern that can be put together with others by `|`, `&` and `~`.

    It is text: wherever a pattern is taken, a plain str will do, and a `Pattern` can be
    written to YAML and compared as one.

    Raises:
        InputError: when it is combined and is no pattern.

    Example:

    >>> Pattern("head") | "norms"
    'head | norms'
    >>> ~(Pattern("head") | "norms") & last(3)
    '~(head | norms) & last(3)'
    """

    __slots__ = ()

    def __or__(self, other: str) -> "Pattern":
        return Pattern(f"{_within(self, '|')} | {_within(other, '|')}")

    def __ror__(self, other: str) -> "Pattern":
        return Pattern(other) | self

    def __and__(self, other: str) -> "Pattern":
        return Pattern(f"{_within(self, '&')} & {_within(other, '&')}")

    def __rand__(self, other: str) -> "Pattern":
        return Pattern(other) & self

    def __invert__(self) -> "Pattern":
        return Pattern(f"~{_within(self, '~')}")


def last(count: int) -> Pattern:
    """Returns the pattern of the layer groups nearest to the output, the head included.

    Args:
        count: int, how many groups, from 1; all of them if there are fewer.

    Example:

    >>> last(3)
    'last(3)'
    """
    return _ends("last", count)


def first(count: int) -> Pattern:
    """Returns the pattern of the layer groups nearest to the input.

    Args:
        count: int, how many groups, from 1; all of them if there are fewer.

    Example:

    >>> first(2) | "norms"
    'first(2) | norms'
    """
    return _ends("first", count)


def _ends(name: str, count: int) -> Pattern:
    """Returns `first` or `last` as text, or an error if the count is none."""
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InputError(f"Expected a number of layer groups from 1. Received: {name}({count!r})")
    return Pattern(f"{name}({count})")


def _within(text: str, operator: str) -> str:
    """Returns a pattern as an operand, in parentheses if it would fall apart without."""
    node = parse(text)
    binds = "|&~".index
    is_loose = isinstance(node, Operation) and binds(node.operator) < binds(operator)
    return f"({text})" if is_loose else text.strip()
