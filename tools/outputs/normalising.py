"""What is left out of outputs before they are compared: the machine, the time, and training."""

import platform
import re
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_VERSION = re.compile(r"\b\d+\.\d+\.\d+(\+\w+)?\b")
_WARNING_LINE = re.compile(r"\.py:\d+: (?=\w*Warning)")
_DATE = re.compile(r"\b20\d\d-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?(\+00:00)?)?")
# An epoch has none if it took less than a second.
_EPOCH_TIMES = re.compile(r"; (about )?\d[^;]* (s|min)( left)?$", re.MULTILINE)
_STAGE_TIMES = re.compile(r"(DATE) \| \S+ \| \S+$")
_DECIMAL = re.compile(r"(?<![\w.])-?\d[\d,]*(\.\d+(e[+-]?\d+)?|e[+-]?\d+)(?!\w)")
_LONG_DECIMAL = re.compile(r"(?<![\w.])-?\d[\d,]*\.\d{4,}(e[+-]?\d+)?")
# The order of shown samples is that of their losses.
_NUMBER_CELL = re.compile(r"(?<=\| )-?[\d,]+(?= \||$)")
_SETTINGS = ("h2: Plan", "h2: Configuration")


def without_machine(text: str) -> str:
    """A text without the paths, versions and dates of where it was made.

    Args:
        text: str, what was printed or written.

    Returns:
        str: the text with the names of what stood there.
    """
    places = {
        str(Path.cwd()): "FOLDER",
        sysconfig.get_path("purelib"): "PACKAGES",
        str(ROOT): "ROOT",
        platform.platform(): "PLATFORM",
    }
    for place, name in places.items():
        text = text.replace(place, name)
    text = _WARNING_LINE.sub(".py: ", text)
    return _DATE.sub("DATE", _VERSION.sub("VERSION", text))


def measured_hidden(text: str) -> str:
    """A text of a run without the numbers that training and the clock decide.

    Whole numbers stay, and so do the settings in a page. In a table of the terminal, what has
    fewer than four decimals is a setting too.

    Args:
        text: str, what was printed, or a page as `outputs.pages.page_outline` gives it.

    Returns:
        str: the text with marks in place of the numbers.
    """
    lines, section = [], ""
    for line in _EPOCH_TIMES.sub("", text).splitlines(keepends=True):
        section = line if line.startswith("h2:") else section
        if line.startswith("│"):
            line = long_decimals_hidden(line)
        elif not section.startswith(_SETTINGS):
            line = _DECIMAL.sub("#", _STAGE_TIMES.sub(r"\1 | # | #", line))
        if section.startswith("h2: Predictions"):
            line = _NUMBER_CELL.sub("#", line)
        lines.append(line)
    return "".join(lines)


def long_decimals_hidden(text: str) -> str:
    """A text with marks in place of numbers of four decimals or more, as long as they were.

    Args:
        text: str, a table whose columns are to stay as wide as they are.

    Returns:
        str: the text with the marks.
    """
    return _LONG_DECIMAL.sub(lambda found: "#" * len(found[0]), text)
