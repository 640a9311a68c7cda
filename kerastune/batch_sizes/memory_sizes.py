"""Amounts of memory, as people write them."""

import re
from fractions import Fraction

from kerastune.errors import InputError

_PREFIXES = "kmgtp"
_WRITTEN = re.compile(rf"([0-9]+(?:\.[0-9]+)?)\s*(?:([{_PREFIXES}])(i?))?b?", re.IGNORECASE)


def memory_size(text: str) -> int:
    """Returns the bytes of an amount of memory.

    Args:
        text: str, a number and a unit, with or without a space, in capitals or not: `"80GiB"`,
            `"16 GB"`, `"512MiB"`, `"1.5 TB"`. KiB, MiB, GiB, TiB and PiB are powers of 1024; kB,
            MB, GB, TB and PB, with the B or without, powers of 1000.

    Returns:
        int, at least 1.

    Raises:
        InputError: if it is no amount, or has no unit.

    Example:

    >>> memory_size("80GiB"), memory_size("16 GB")
    (85899345920, 16000000000)
    """
    found = _WRITTEN.fullmatch(text.strip()) if isinstance(text, str) else None
    # Most numbers without a unit are meant to be of another one than bytes.
    if found is None or found[0][-1].isdigit():
        raise InputError(
            "Expected an amount of memory with its unit, such as 80GiB, 16GB or 512MiB. "
            f"Received: {text!r}"
        )
    base = 1024 if found[3] else 1000
    power = _PREFIXES.index(found[2].lower()) + 1 if found[2] else 0
    size = int(Fraction(found[1]) * base**power)
    if size < 1:
        raise InputError(f"Expected an amount of memory of at least one byte. Received: {text!r}")
    return size
