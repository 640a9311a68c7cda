"""Numbers as people and programs spell them: plain, with decimal commas, in thousands."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

# A zero in front, as in postal codes, is lost in a number.
_PLAIN = r"[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?|[+-]?inf(inity)?"
PLAIN_PATTERN = rf"^(?i-u:{_PLAIN})$"
"""A regular expression of Polars for numbers in the plain format."""
_IS_PLAIN = re.compile(_PLAIN, re.ASCII | re.IGNORECASE)
_DECIMAL_COMMA = re.compile(
    "[+-]?(0|[1-9]\\d*|[1-9]\\d{0,2}([.\u00a0\u202f]\\d{3})+)(,\\d+)?(e[+-]?\\d+)?",
    re.ASCII | re.IGNORECASE,
)
_THOUSANDS = re.compile("[+-]?[1-9]\\d{0,2}([,'’]\\d{3})+(\\.\\d+)?", re.ASCII)


@dataclass(frozen=True)
class NumberFormat:
    """A way to spell numbers.

    Args:
        name: str, for notes.
        fits: function from a text to whether it is a number spelled so.
        plain: function from such a text to the plain format, with a decimal point.

    Example:

    >>> DECIMAL_COMMA.fits("1.234,5"), DECIMAL_COMMA.plain("1.234,5")
    (True, '1234.5')
    """

    name: str
    fits: Callable[[str], bool]
    plain: Callable[[str], str]


def _with_point(text: str) -> str:
    """Returns a number with a decimal comma, spelled with a point."""
    return re.sub("[.\u00a0\u202f]", "", text).replace(",", ".")


PLAIN = NumberFormat("", lambda text: _IS_PLAIN.fullmatch(text) is not None, str)
DECIMAL_COMMA = NumberFormat(
    "decimal commas", lambda text: _DECIMAL_COMMA.fullmatch(text) is not None, _with_point
)
THOUSANDS = NumberFormat(
    "commas between thousands",
    lambda text: PLAIN.fits(text) or _THOUSANDS.fullmatch(text) is not None,
    lambda text: re.sub("[,'’]", "", text),
)


def number_format_of(texts: Iterable[str], *, decimal_comma: bool = False) -> NumberFormat:
    """Returns the number format that most of some texts are numbers in.

    Args:
        texts: iterable of str, which is walked over several times.
        decimal_comma: bool, whether 1,234 is a little more than one, where nothing else tells.
            Defaults to False, for one thousand and more.

    Returns:
        A `NumberFormat`; `PLAIN` where others are no better.

    Example:

    >>> number_format_of(["1,5", "2"]).name, number_format_of(["1,500", "2.5"]).name
    ('decimal commas', 'commas between thousands')
    """
    if all(map(PLAIN.fits, texts)):
        return PLAIN
    others = (DECIMAL_COMMA, THOUSANDS) if decimal_comma else (THOUSANDS, DECIMAL_COMMA)
    return max((PLAIN, *others), key=lambda number_format: sum(map(number_format.fits, texts)))


def number_format_note(
    texts: Iterable[str], number_format: NumberFormat, column: str
) -> tuple[str, ...]:
    """Returns a note on a column whose numbers are not spelled plainly, with an example.

    Args:
        texts: iterable of str, numbers in that format.
        number_format: `NumberFormat`.
        column: str, for the note.

    Example:

    >>> number_format_note(["2", "1,5"], DECIMAL_COMMA, "price")
    ("'price' read with decimal commas: '1,5' is 1.5",)
    """
    if number_format is PLAIN:
        return ()
    changed = next((text for text in texts if not PLAIN.fits(text)), None)
    if changed is None:
        return ()
    return (
        f"{column!r} read with {number_format.name}: {changed!r} is {number_format.plain(changed)}",
    )
