"""Numbers, sizes and times as a person reads them, one function each."""

import re
from collections.abc import Callable
from numbers import Integral
from typing import Any

from kerastune.display.texts import NOTHING, format_lines, format_text

_COUNT_PREFIXES = ("", " K", " M", " B", " T")
_OPERATION_PREFIXES = ("", " K", " M", " G", " T", " P", " E", " Z", " Y")
_BYTE_UNITS = (" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB")


def format_value(value: Any, unit: str, *, signed: bool = False) -> str:
    """Returns a value of a table as text.

    Args:
        value: str, bytes, int or float as the unit says, or None.
        unit: str, one of `UNITS`, see `kerastune.display.Column`.
        signed: bool, whether a number above zero gets a plus sign. Default: False.

    Returns:
        The text, str; "–" for None.

    Example:

    >>> format_value(102_546_848, "bytes"), format_value(4_089_184_256, "operations")
    ('97.8 MiB', '4.09 G')
    >>> format_value(0.25, "share", signed=True), format_value(None, "count")
    ('+25.0 %', '–')
    """
    if value is None:
        return NOTHING
    text = UNITS[unit](value)
    return re.sub(r"^([<>] )?", r"\g<0>+", text) if signed and value > 0 else text


def format_count(count: int) -> str:
    """Returns a count to the unit.

    Example:

    >>> format_count(25636712)
    '25,636,712'
    """
    return f"{count:,}"


def short_count(count: int) -> str:
    """Returns a count to three digits, for labels: K thousand, M million, B billion, T trillion.

    Example:

    >>> short_count(25636712), short_count(999), short_count(999_999)
    ('25.6 M', '999', '1.00 M')
    """
    return _scaled(count, 1000, _COUNT_PREFIXES)


def format_bytes(size: int) -> str:
    """Returns a size in bytes to three digits, in binary units: 1 KiB is 1024 bytes.

    Example:

    >>> format_bytes(900), format_bytes(102_760_448), format_bytes(1_048_535)
    ('900 B', '98.0 MiB', '1.00 MiB')
    """
    return _scaled(size, 1024, _BYTE_UNITS)


def format_operations(operations: int) -> str:
    """Returns operations to three digits: K 10³, M 10⁶, G 10⁹, T 10¹², P 10¹⁵, E 10¹⁸.

    Example:

    >>> format_operations(4_089_184_256)
    '4.09 G'
    """
    return _scaled(operations, 1000, _OPERATION_PREFIXES)


def format_number(number: float) -> str:
    """Returns a quantity without unit: whole numbers exactly, others to four digits.

    Example:

    >>> format_number(12), format_number(1 / 3), format_number(123456.7)
    ('12', '0.3333', '123,457')
    """
    if isinstance(number, Integral):
        return f"{number:,}"
    return f"{number:,.0f}" if 1e4 <= abs(number) < 1e15 else f"{number:.4g}"


def format_metric(value: float) -> str:
    """Returns a metric to four decimals, which line up; a small or large one to as many digits.

    Example:

    >>> format_metric(0.78123), format_metric(52311.7), format_metric(3e-7)
    ('0.7812', '52,312', '3.00e-07')
    """
    if isinstance(value, Integral) or abs(value) >= 1e15:
        return format_number(value)
    if 0 < abs(value) < 1e-3:
        return f"{value:.2e}"
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:,.0f}"


def format_rate(rate: float) -> str:
    """Returns a learning rate to three digits.

    Example:

    >>> format_rate(0.001), format_rate(2.34567e-5)
    ('0.001', '2.35e-05')
    """
    return f"{rate:.3g}"


def format_share(share: float) -> str:
    """Returns a share in percent; only 0 is 0 %, and only 1 is 100 %.

    Example:

    >>> format_share(0.003), format_share(0.124), format_share(0), format_share(1)
    ('0.30 %', '12.4 %', '0 %', '100 %')
    >>> format_share(1e-6), format_share(0.99999), format_share(-1e-6)
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


def format_duration(seconds: float | None) -> str:
    """Returns a duration to about two digits; "–" where it is not known.

    Example:

    >>> format_duration(7.25), format_duration(200), format_duration(7500), format_duration(None)
    ('7.2 s', '3 min 20 s', '2 h 05 min', '–')
    """
    if seconds is None:
        return NOTHING
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes:02d} min"


def format_image(png: bytes) -> str:
    """Returns an image, the content of a PNG file, where only text can be shown.

    Example:

    >>> from kerastune.display.thumbnails import thumbnail
    >>> import numpy as np
    >>> format_image(thumbnail(np.zeros((20, 28, 3))))
    '28 × 20 pixels'
    """
    return " × ".join(map(str, image_size(png))) + " pixels"


def image_size(png: bytes) -> tuple[int, int]:
    """Returns the width and height of a PNG file, in pixels, from its header."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


UNITS: dict[str, Callable[[Any], str]] = {
    "text": format_text,
    "lines": format_lines,
    "count": format_count,
    "bytes": format_bytes,
    "share": format_share,
    "operations": format_operations,
    "number": format_number,
    "metric": format_metric,
    "score": format_metric,
    "rate": format_rate,
    "image": format_image,
}


def _scaled(number: int, base: int, units: tuple[str, ...]) -> str:
    """Returns a number to three digits in the largest unit that it reaches."""
    if abs(number) < 1000:
        return f"{number}{units[0]}"
    for power, unit in enumerate(units[1:], start=1):
        digits = f"{number / base**power:#.3g}"
        # What rounds to a thousand is written as one of the next unit.
        if abs(float(digits)) < 1000:
            return digits.rstrip(".") + unit
    return f"{number / base**power:,.0f}{unit}"
