"""Numbers as people and programs spell them: plain, with decimal commas, in thousands."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# A zero in front, as in postal codes, is lost in a number.
_PLAIN = re.compile(
    r"[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.IGNORECASE
)
_DECIMAL_COMMA = re.compile(
    "[+-]?(0|[1-9]\\d*|[1-9]\\d{0,2}([.\u00a0\u202f]\\d{3})+)(,\\d+)?(e[+-]?\\d+)?",
    re.ASCII | re.IGNORECASE,
)
_THOUSANDS = re.compile("[+-]?[1-9]\\d{0,2}([,'’]\\d{3})+(\\.\\d+)?", re.ASCII)


@dataclass(frozen=True)
class Spelling:
    """A way to spell numbers.

    Args:
        name: str, for notes.
        fits: function from a text to whether it is a number spelled so.
        plain: function from such a text to the plain spelling, with a decimal point.

    Example:

    >>> DECIMAL_COMMA.fits("1.234,5"), DECIMAL_COMMA.plain("1.234,5")
    (True, '1234.5')
    """

    name: str
    fits: Callable[[str], bool]
    plain: Callable[[str], str]


def _with_point(text: str) -> str:
    """A number with a decimal comma, spelled with a point."""
    return re.sub("[.\u00a0\u202f]", "", text).replace(",", ".")


PLAIN = Spelling("", lambda text: _PLAIN.fullmatch(text) is not None, str)
DECIMAL_COMMA = Spelling(
    "decimal commas", lambda text: _DECIMAL_COMMA.fullmatch(text) is not None, _with_point
)
THOUSANDS = Spelling(
    "commas between thousands",
    lambda text: PLAIN.fits(text) or _THOUSANDS.fullmatch(text) is not None,
    lambda text: re.sub("[,'’]", "", text),
)


def spelling_of(texts: Sequence[str], *, decimal_comma: bool = False) -> Spelling:
    """The spelling that most of some texts are numbers in.

    Args:
        texts: sequence of str.
        decimal_comma: bool, whether 1,234 is a little more than one, where nothing else tells.
            Defaults to False, for one thousand and more.

    Returns:
        A `Spelling`; `PLAIN` where others are no better.

    Example:

    >>> spelling_of(["1,5", "2"]).name, spelling_of(["1,500", "2.5"]).name
    ('decimal commas', 'commas between thousands')
    """
    others = (DECIMAL_COMMA, THOUSANDS) if decimal_comma else (THOUSANDS, DECIMAL_COMMA)
    return max((PLAIN, *others), key=lambda spelling: sum(map(spelling.fits, texts)))


def spelling_note(texts: Sequence[str], spelling: Spelling, column: str) -> tuple[str, ...]:
    """A note on a column whose numbers are not spelled plainly, with an example.

    Args:
        texts: sequence of str, numbers in that spelling.
        spelling: `Spelling`.
        column: str, for the note.

    Example:

    >>> spelling_note(["2", "1,5"], DECIMAL_COMMA, "price")
    ("'price' read with decimal commas: '1,5' is 1.5",)
    """
    changed = next((text for text in texts if not PLAIN.fits(text)), None)
    if spelling is PLAIN or changed is None:
        return ()
    return (f"{column!r} read with {spelling.name}: {changed!r} is {spelling.plain(changed)}",)
