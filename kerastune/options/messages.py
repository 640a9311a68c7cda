"""Messages of parsers on wrong values, in words for a person."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from kerastune.errors import closest

_WORDS = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    Path: "a path",
    type(None): "null",
}
# What other tools call some options.
_ELSEWHERE = {"lr": "learning_rate", "bs": "batch_size", "output_dir": "run_dir"}

_ARGUMENT = re.compile(r"argument (?P<option>[^:]+): (?P<told>.*)\Z", re.DOTALL)
_UNKNOWN = re.compile(r"unrecognized arguments: (?P<given>.*)\Z", re.DOTALL)
_CHOICE = re.compile(r"invalid choice: '?(?P<given>.*?)'? \(choose from (?P<known>.*)\)\Z")
_OWN_WORDS = re.compile(r"(?P<expected>Expected .*)\. Received: (?P<given>.*)\Z", re.DOTALL)
_REQUIRED = re.compile(r"the following arguments are required: (?P<names>.*)\Z")
_VALUE = re.compile(r"invalid (?P<kind>\w+) value: (?P<given>.*)\Z")


def described(annotation: Iterable[Any]) -> str:
    """Returns the values that an option takes.

    Args:
        annotation: the types that it may have.

    Returns:
        Words for a message, str.

    Example:

    >>> described((int, type(None)))
    'a whole number or null'
    """
    return " or ".join(dict.fromkeys(map(_described, annotation)))


def _described(member: Any) -> str:
    if get_origin(member) is Literal:
        return " or ".join(map(str, get_args(member)))
    kind = get_origin(member) or member
    if kind is dict:
        return "a dictionary such as {a: 1}"
    if kind in (list, tuple, Sequence):
        return f"a list such as {'[1,2]' if {int, float} & set(get_args(member)) else '[a,b]'}"
    return _WORDS.get(member, str(member))


def unknown_option(given: str, known: Iterable[str], of: str) -> str:
    """Returns the message for an option that there is not.

    Args:
        given: str, the option as it was given, with its hyphens on a command line.
        known: the options that there are, written in the same way.
        of: str, whose options they are.

    Returns:
        A line, str.

    Example:

    >>> unknown_option("--epoch", ["--epochs", "--seed"], "lenet")
    "Expected an option of lenet. Received: --epoch. Did you mean '--epochs'?"
    """
    hyphens, word = re.fullmatch(r"(-*)(.*)", given, re.DOTALL).groups()  # type: ignore[union-attr]
    meant = hyphens + _ELSEWHERE.get(word.replace("-", "_"), word)
    options = list(known)
    hint = f" Did you mean {meant!r}?" if meant in options else closest(given, options)
    return f"Expected an option of {of}. Received: {given}.{hint}".removesuffix(".")


def argument_in_words(message: str, known: Sequence[str], of: str) -> str:
    """Returns the message of a parser of arguments as `Expected …. Received: …`.

    Args:
        message: str, of `argparse`.
        known: the options that there are, with their hyphens.
        of: str, whose options they are.

    Returns:
        A line, str; what is not known is as the parser says it.

    Example:

    >>> argument_in_words("argument --depth: expected one argument", ["--depth"], "params")
    'Expected a value for --depth. Received: none'
    """
    if found := _UNKNOWN.match(message):
        first = found["given"].split()[0] if found["given"].strip() else "''"
        if first.startswith("-"):
            return unknown_option(first.partition("=")[0], known, of)
        return f"Expected options of {of}. Received: {first!r}, which belongs to none"
    if found := _REQUIRED.match(message):
        return f"Expected {found['names']}. Received: none"
    if found := _ARGUMENT.match(message):
        told = _of_argument(found["option"].partition("/")[0], found["told"])
        return told or " ".join(message.split())
    return " ".join(message.split())


def _of_argument(option: str, told: str) -> str | None:
    """Returns the fault of the value of an argument, if that is known."""
    if re.match(r"expected (one|at least one|\d+) argument", told):
        count = re.search(r"\d+", told)
        expected = f"{count[0]} values" if count else "a value"
        return f"Expected {expected} for {option}. Received: {'fewer' if count else 'none'}"
    if found := re.match(r"ignored explicit argument (?P<given>.*)\Z", told):
        return f"Expected {option} without a value. Received: {found['given']}"
    if found := _OWN_WORDS.match(told):
        return f"{found['expected']} for {option}. Received: {found['given']}"
    if found := _CHOICE.match(told):
        known = [word.strip(" '") for word in found["known"].split(",")]
        what = f"{', '.join(known[:-1])} or {known[-1]}" if known[1:] else known[0]
        return (
            f"Expected {what} for {option}. Received: {found['given']!r}."
            + closest(found["given"], known)
        ).removesuffix(".")
    if found := _VALUE.match(told):
        words = {kind.__name__: text for kind, text in _WORDS.items()}
        kind = words.get(found["kind"], "another value")
        return f"Expected {kind} for {option}. Received: {found['given']}"
    return None
