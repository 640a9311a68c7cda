"""Openers: what reads data by a scheme, such as `tfds:mnist`. Anybody can add one."""

import importlib.metadata
from collections.abc import Callable

from kerastune.data.source import Source
from kerastune.errors import InputError, reason

Opener = Callable[[str], Source]

ENTRY_POINTS = "kerastune.openers"
_openers: dict[str, Opener] = {}


def opener(scheme: str) -> Callable[[Opener], Opener]:
    """Returns a decorator of a function that opens data called `scheme:...`.

    An installed package adds one by an entry point of the group `kerastune.openers`, whose
    name is the scheme.

    Args:
        scheme: str, what stands before the colon, in lower case, of two letters or more.

    Returns:
        A decorator of a function from what stands behind the colon to a `Source`.

    Raises:
        InputError: if it is no scheme.

    Example:

    >>> @opener("letters")
    ... def letters(word):
    ...     return Source.of(list(word), range(len(word)))
    >>> from kerastune.data import open_data
    >>> open_data("letters:abc").values["text"]
    ['a', 'b', 'c']
    """
    if not (scheme.isidentifier() and scheme == scheme.lower() and len(scheme) > 1):
        raise InputError(
            f"Expected a scheme of at least two lower-case letters. Received: {scheme!r}"
        )

    def register(function: Opener) -> Opener:
        _openers[scheme] = function
        return function

    return register


def schemes() -> list[str]:
    """Returns the schemes that openers are known for, installed ones included.

    Example:

    >>> "tfds" in schemes()
    True
    """
    installed = [point.name for point in importlib.metadata.entry_points(group=ENTRY_POINTS)]
    return sorted({*_openers, *installed})


def find_opener(text: str) -> tuple[Opener, str] | None:
    """Returns the opener for a text, and what stands behind its scheme.

    Args:
        text: str, such as `"tfds:mnist"`.

    Returns:
        A tuple of the function and the rest of the text, or None if no opener is known.

    Raises:
        InputError: if an installed opener cannot be imported.

    Example:

    >>> find_opener("tfds:mnist")[1], find_opener("data.csv")
    ('mnist', None)
    """
    scheme, colon, rest = text.partition(":")
    if not colon:
        return None
    if scheme not in _openers:
        for point in importlib.metadata.entry_points(group=ENTRY_POINTS, name=scheme):
            try:
                _openers[scheme] = point.load()
            except Exception as error:  # Whatever a foreign package does when imported.
                raise InputError(
                    f"Expected an opener for {scheme!r} that can be imported. "
                    f"Received: {point.value}: {reason(error)}"
                ) from error
    return (_openers[scheme], rest) if scheme in _openers else None
