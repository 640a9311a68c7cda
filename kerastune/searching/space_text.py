"""Ranges and choices as people write them: on a command line, in YAML and in Python."""

import re
from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

from kerastune.errors import InputError, reason
from kerastune.files import with_home
from kerastune.jobs.run_options import plain_number
from kerastune.searching.space import Choices, Part, Range
from kerastune.tuning.plans.yaml_values import number_or_same
from kerastune.untrusted.reading import read_bounded
from kerastune.untrusted.yaml_text import parse_yaml

_RANGE = re.compile(r"(?P<low>[^,\[\]]+?)\.\.(?P<high>[^,\[\]:]+)(?P<scale>:.*)?")
_FORMS = "low..high, low..high:log or a,b,c"


def parts_of_words(words: Sequence[str], file: str | Path | None = None) -> dict[str, Part | None]:
    """Returns what `--search` and `--space` ask for.

    Args:
        words: sequence of str, each `NAME=low..high`, `NAME=low..high:log`, `NAME=a,b,c`, or
            `NAME` alone for its usual range.
        file: a YAML file with such a text, a list of choices, `{low: 1, high: 5, log: true}` or
            nothing for each name. Defaults to none.

    Returns:
        Dictionary from the name of an option to a `Range`, `Choices`, or None for what is usual.

    Raises:
        InputError: if something cannot be read, or is asked for twice.

    Example:

    >>> parts_of_words(["learning_rate=1e-4..0.1:log", "hidden=[64],[128,64]", "dropout"])
    {'learning_rate': Range(low=0.0001, high=0.1, log=True),
     'hidden': Choices(values=([64], [128, 64])), 'dropout': None}
    """
    found = {} if file is None else _in_file(Path(file))
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip().replace("-", "_")
        if not name or (equals and not text.strip()):
            raise InputError(f"Expected NAME or NAME={_FORMS} for --search. Received: {word!r}")
        if name in found:
            raise InputError(
                f"Expected each option once in --search and --space. Received: {name} twice"
            )
        found[name] = as_part(name, text) if equals else None
    return found


def as_part(name: str, value: Any) -> Part | None:
    """Returns the range or the choices that a value stands for.

    Args:
        name: str, the option.
        value: a `Range` or `Choices`; a tuple `(low, high)` or `(low, high, "log")`; a
            dictionary of `low`, `high` and maybe `log`; a list of choices; a text as for
            `--search`; or None for what is usual.

    Returns:
        A `Range`, `Choices` or None.

    Raises:
        InputError: if it is something else, or a range is empty.

    Example:

    >>> as_part("epochs", (2, 10)), as_part("plan", ["full", "head_only"])
    (Range(low=2, high=10, log=False), Choices(values=('full', 'head_only')))
    """
    try:
        if value is None or isinstance(value, Range | Choices):
            return value
        if isinstance(value, str):
            return _of_text(value)
        if isinstance(value, list):
            return Choices(tuple(value))
        if isinstance(value, Mapping) and {"low", "high"} <= set(value) <= {"low", "high", "log"}:
            return _range(value["low"], value["high"], log=bool(value.get("log", False)))
        if isinstance(value, tuple) and len(value) == 3 and value[2] == "log":
            return _range(*value[:2], log=True)
        if isinstance(value, tuple) and len(value) == 2:
            return _range(*value, log=False)
    except InputError as error:
        raise InputError(f"{error}, for {name}") from error
    raise InputError(
        f"Expected a range (low, high) or (low, high, 'log'), or a list of choices, for {name}. "
        f"Received: {value!r}"
    )


def _of_text(text: str) -> Part:
    if found := _RANGE.fullmatch(text.strip()):
        if found["scale"] not in (None, ":log"):
            raise InputError(f"Expected {_FORMS}. Received: {text}")
        low, high = (_value(found[end]) for end in ("low", "high"))
        return _range(low, high, log=found["scale"] is not None)
    values = _value(f"[{text}]")
    if not isinstance(values, list):
        raise InputError(f"Expected {_FORMS}. Received: {text}")
    return Choices(tuple(values))


def _range(low: Any, high: Any, *, log: bool) -> Range:
    first, last = plain_number(low), plain_number(high)
    if not all(isinstance(end, Real) and not isinstance(end, bool) for end in (first, last)):
        raise InputError(f"Expected a range between two numbers. Received: {low}..{high}")
    return Range(first, last, log)


def _value(text: str) -> Any:
    try:
        return number_or_same(parse_yaml(text))
    except ValueError as error:
        raise InputError(f"Expected {_FORMS}. Received: {text}") from error


def _in_file(file: Path) -> dict[str, Part | None]:
    """Returns what a file of YAML asks for."""
    try:
        with with_home(file).open("rb") as opened:
            content = parse_yaml(read_bounded(opened).decode())
    except (OSError, ValueError) as error:
        raise InputError(
            f"Expected a YAML file for --space. Received: '{file}': {reason(error)}"
        ) from error
    if not isinstance(content, dict) or not content:
        raise InputError(
            f"Expected a range or choices by name in '{file}'. Received: {type(content).__name__}"
        )
    return {str(name): as_part(str(name), number_or_same(value)) for name, value in content.items()}
