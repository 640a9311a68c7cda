"""Durations as a person reads them."""


def shown_duration(seconds: float) -> str:
    """A duration to about two digits.

    Args:
        seconds: float, at least 0.

    Returns:
        The text, str.

    Example:

    >>> shown_duration(7.25), shown_duration(200), shown_duration(7500)
    ('7.2 s', '3 min 20 s', '2 h 05 min')
    """
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes:02d} min"
