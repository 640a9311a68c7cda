"""Processes of our own that were started to do some work: how one has ended, in words."""

import re
import signal
from collections.abc import Sequence
from pathlib import Path

_LAST_LINES = 6
_TRACEBACK = "Traceback (most recent call last)"
_COLOURS = re.compile("\x1b\\[[0-9;]*m")


def died(status: int, log: Path) -> str:
    """Returns how a process died, with the error that it printed, or its last lines.

    Args:
        status: int, its exit status; below 0 the number of a signal.
        log: Path of what it printed.

    Returns:
        Text of several lines.

    Example:

    >>> import tempfile
    >>> log = Path(tempfile.mkdtemp()) / "log.txt"
    >>> _ = log.write_text("Traceback\\nMemoryError\\n")
    >>> print(died(-9, log))
    its process was ended by SIGKILL, which a system also sends when memory runs out
      Traceback
      MemoryError
    >>> _ = log.write_text("Traceback (most recent call last):\\n  File a\\nTypeError: no\\n  b")
    >>> print(died(1, log))
    its process ended with status 1
      TypeError: no
        b
    """
    if status < 0:
        name = signal.Signals(-status).name
        told = f"its process was ended by {name}"
        told += ", which a system also sends when memory runs out" if name == "SIGKILL" else ""
    else:
        told = f"its process ended with status {status}"
    text = _COLOURS.sub("", log.read_text(encoding="utf-8", errors="replace"))
    lines = [line.rstrip() for line in text.split("\n") if line.strip()]
    return "\n  ".join([told, *(_error_in(lines) or lines[-_LAST_LINES:])])


def _error_in(lines: Sequence[str]) -> list[str]:
    """The error at the end of the last traceback, which Keras may follow by many lines."""
    begins = [place for place, line in enumerate(lines) if line.startswith(_TRACEBACK)]
    if not begins:
        return []
    after = lines[begins[-1] + 1 :]
    errors = [place for place, line in enumerate(after) if not line.startswith(" ")]
    return list(after[errors[0] :][:_LAST_LINES]) if errors else []
