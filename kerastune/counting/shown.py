"""Numbers and texts as a person reads them, one form for each unit of a column."""

import re
from collections.abc import Callable
from typing import Any

NOTHING = "–"

_COUNT_PREFIXES = ("", " K", " M", " B", " T")
_OPERATION_PREFIXES = ("", " K", " M", " G", " T", " P", " E", " Z", " Y")
_BYTE_UNITS = (" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB")
_LONGEST_TEXT = 400


def shown(value: Any, unit: str, *, signed: bool = False) -> str:
    """A value of a table as text.

    Args:
        value: str, int or float as the unit says, or None.
        unit: str, one of the units of `kerastune.counting.Column`.
        signed: bool, whether a number above zero gets a plus sign. Default: False.

    Returns:
        The text, str, on one line; "–" for None.

    Example:

    >>> shown(102_546_848, "bytes"), shown(4_089_184_256, "operations"), shown(-12, "count")
    ('97.8 MiB', '4.09 G', '-12')
    >>> shown(0.25, "share", signed=True), shown(None, "count")
    ('+25.0 %', '–')
    """
    if value is None:
        return NOTHING
    if unit == "text":
        return shown_text(value)
    text = UNITS[unit](value)
    return re.sub(r"^([<>] )?", r"\g<0>+", text) if signed and value > 0 else text


def shown_text(text: str) -> str:
    """A text that is safe to show: on one line, without control codes, not endless.

    Names of models and layers come from files of unknown origin. What does not print (escape
    codes of terminals, marks that turn the direction of writing) is shown as Python writes it.

    Args:
        text: str.

    Returns:
        The text, str. Of more than 400 characters, the middle is left out.

    Example:

    >>> shown_text("dense\\x1b[31m")
    'dense\\\\x1b[31m'
    """
    if len(text) > _LONGEST_TEXT:
        text = f"{text[: _LONGEST_TEXT // 2]}…{text[-_LONGEST_TEXT // 2 :]}"
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def shown_count(count: int) -> str:
    """A count to the unit.

    Args:
        count: int.

    Returns:
        The text, str.

    Example:

    >>> shown_count(25636712)
    '25,636,712'
    """
    return f"{count:,}"


def short_count(count: int) -> str:
    """A count to three digits, for labels: K thousand, M million, B billion, T trillion.

    Args:
        count: int.

    Returns:
        The text, str.

    Example:

    >>> short_count(25636712), short_count(999), short_count(999_999)
    ('25.6 M', '999', '1.00 M')
    """
    return _scaled(count, 1000, _COUNT_PREFIXES)


def shown_bytes(size: int) -> str:
    """A size to three digits, in binary units: 1 KiB is 1024 bytes.

    Args:
        size: int, in bytes.

    Returns:
        The text, str.

    Example:

    >>> shown_bytes(900), shown_bytes(102_760_448), shown_bytes(1_048_535)
    ('900 B', '98.0 MiB', '1.00 MiB')
    """
    return _scaled(size, 1024, _BYTE_UNITS)


def shown_operations(operations: int) -> str:
    """Operations to three digits: K 10³, M 10⁶, G 10⁹, T 10¹², P 10¹⁵, E 10¹⁸.

    Args:
        operations: int.

    Returns:
        The text, str.

    Example:

    >>> shown_operations(4_089_184_256)
    '4.09 G'
    """
    return _scaled(operations, 1000, _OPERATION_PREFIXES)


def shown_number(number: float) -> str:
    """A quantity without unit: whole numbers exactly, others to four digits.

    Args:
        number: int or float.

    Returns:
        The text, str.

    Example:

    >>> shown_number(12), shown_number(1 / 3), shown_number(123456.7)
    ('12', '0.3333', '123,457')
    """
    if isinstance(number, int):
        return f"{number:,}"
    return f"{number:,.0f}" if 1e4 <= abs(number) < 1e15 else f"{number:.4g}"


def shown_share(share: float) -> str:
    """A share in percent; only nothing is 0 %, and only the whole is 100 %.

    Args:
        share: float, 1 for the whole. A change may be below 0 or above 1.

    Returns:
        The text, str, with two decimals below 10 % and one above.

    Example:

    >>> shown_share(0.003), shown_share(0.124), shown_share(0), shown_share(1)
    ('0.30 %', '12.4 %', '0 %', '100 %')
    >>> shown_share(1e-6), shown_share(0.99999), shown_share(-1e-6)
    ('< 0.01 %', '> 99.99 %', '> -0.01 %')
    """
    whole, percent = abs(share), 100 * abs(share)
    sign, less, more = ("-", ">", "<") if share < 0 else ("", "<", ">")
    if whole in (0, 1):
        return f"{sign}{percent:.0f} %"
    if percent < 0.01:
        return f"{less} {sign}0.01 %"
    if 0.9999 < whole < 1:
        return f"{more} {sign}99.99 %"
    if 1 < whole < 1.001:
        return f"{more} {sign}100 %"
    decimals = 2 if percent < 9.995 or 99.95 <= percent < 100 else 1
    return f"{sign}{percent:,.{decimals}f} %"


UNITS: dict[str, Callable[[Any], str]] = {
    "text": shown_text,
    "count": shown_count,
    "bytes": shown_bytes,
    "share": shown_share,
    "operations": shown_operations,
    "number": shown_number,
}


def _scaled(number: int, base: int, units: tuple[str, ...]) -> str:
    """A number to three digits in the largest unit that leaves at least one before the point."""
    if abs(number) < 1000:
        return f"{number}{units[0]}"
    for power, unit in enumerate(units[1:], start=1):
        digits = f"{number / base**power:#.3g}"
        # What rounds to a thousand is written as one of the next unit.
        if abs(float(digits)) < 1000:
            return digits.rstrip(".") + unit
    return f"{number / base**power:,.0f}{unit}"
