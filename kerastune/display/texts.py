"""Texts, names and settings as a person reads them, safe to show wherever they are from."""

import re
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

NOTHING = "–"

_LONGEST_TEXT = 400
_ARROWS = {True: " ↑", False: " ↓", None: ""}
_NAMES = {"crps": "CRPS", "f1": "F1", "r2": "R²"}


def printable(text: str) -> str:
    """Returns a text on one line, without control codes.

    Names of models and layers come from files of unknown origin. What does not print (escape
    codes of terminals, marks that turn the direction of writing) is shown as Python writes it.

    Example:

    >>> printable("dense\\x1b[31m")
    'dense\\\\x1b[31m'
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def format_text(text: str) -> str:
    """Returns a text as `printable` gives it; of more than 400 characters, the middle is left out.

    Example:

    >>> len(format_text("a" * 500))
    401
    """
    return printable(_shortened(text))


def format_lines(text: str) -> str:
    """Returns a text that may have several lines, each as `format_text` gives it.

    Example:

    >>> format_lines("a\\nb\\x1b")
    'a\\nb\\\\x1b'
    """
    return "\n".join(map(printable, re.split(r"\r?\n", _shortened(text))))


def format_name(name: str, higher_is_better: bool | None = None) -> str:
    """Returns a name of Python in words, with an arrow towards the better values of a metric.

    Example:

    >>> format_name("mean_absolute_error", False), format_name("f1")
    ('mean absolute error ↓', 'F1')
    """
    words = name.replace("_", " ").replace("per second", "a second")
    words = re.sub(r"\b(crps|f1|r2)\b", lambda found: _NAMES[found[0]], words)
    return f"{printable(words)}{_ARROWS[higher_is_better]}"


def format_setting(value: Any) -> str:
    """Returns any value of a configuration, as plain data hold it.

    Example:

    >>> format_setting(True), format_setting(5e-5), format_setting(["cpu:0"]), format_setting({})
    ('yes', '5e-05', 'cpu:0', '–')
    """
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Real):
        return f"{value:,}" if isinstance(value, Integral) else f"{float(value):g}"
    if isinstance(value, Mapping):
        return (
            ", ".join(f"{name} {format_setting(item)}" for name, item in value.items()) or NOTHING
        )
    if isinstance(value, list | tuple):
        return ", ".join(map(format_setting, value)) or NOTHING
    return format_lines(str(value))


def _shortened(text: str) -> str:
    """Returns a text of at most 400 characters, and a mark where others were."""
    if len(text) <= _LONGEST_TEXT:
        return text
    return f"{text[: _LONGEST_TEXT // 2]}…{text[-_LONGEST_TEXT // 2 :]}"
