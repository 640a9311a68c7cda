"""Times and numbers of runs as a person reads them."""

from typing import Any

from kerastune.durations import shown_duration

NOTHING = "–"


def shown_seconds(seconds: float | None) -> str:
    """A duration to about two digits.

    Args:
        seconds: float, or None where it is not known.

    Returns:
        The text, str.

    Example:

    >>> shown_seconds(7.25), shown_seconds(200), shown_seconds(7500), shown_seconds(None)
    ('7.2 s', '3 min 20 s', '2 h 05 min', '–')
    """
    return NOTHING if seconds is None else shown_duration(seconds)


def shown_number(value: float | None) -> str:
    """A metric to four decimals; a large one to four digits or the unit.

    Args:
        value: float, int or None.

    Returns:
        The text, str.

    Example:

    >>> shown_number(0.78123), shown_number(52311.7), shown_number(None)
    ('0.7812', '52,312', '–')
    """
    if value is None:
        return NOTHING
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:,.0f}"


def shown_setting(value: Any) -> str:
    """A setting as a configuration file has it, on one line.

    Args:
        value: anything that JSON or YAML can hold.

    Returns:
        The text, str.

    Example:

    >>> shown_setting(None), shown_setting(True), shown_setting(1e-3), shown_setting(["cpu:0"])
    ('–', 'true', '0.001', '[cpu:0]')
    """
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(shown_setting, value))}]"
    return f"{value:g}" if isinstance(value, float) else printable(str(value))


def printable(text: str) -> str:
    r"""A text without codes that a terminal would follow.

    Args:
        text: str, such as a name out of a file.

    Returns:
        The text on one line, str; what does not print is shown as Python writes it.

    Example:

    >>> printable("a\x1b[31m")
    'a\\x1b[31m'
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def metric_name(name: str, higher_is_better: bool | None = None) -> str:
    """The name of a metric in words, with an arrow towards the better values.

    Args:
        name: str.
        higher_is_better: bool, or None for no arrow. Defaults to None.

    Returns:
        The text, str.

    Example:

    >>> metric_name("mean_absolute_error", False)
    'mean absolute error ↓'
    """
    arrow = {True: " ↑", False: " ↓", None: ""}[higher_is_better]
    return f"{printable(name).replace('_', ' ')}{arrow}"
