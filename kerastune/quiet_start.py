"""Starting a framework without what it logs."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# Lines of TensorFlow's C++ start: the logger's own, and the second line of one message.
_STARTUP_LOG = re.compile(
    rb"WARNING: All log messages before absl|[IWE]\d{4} |To enable the following instructions:"
)


@contextmanager
def quiet_start() -> Iterator[None]:
    """Keeps what frameworks log when they are loaded, from C++, off the terminal.

    Yields:
        None.

    Example:

    >>> with quiet_start():
    ...     import keras
    """
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            log.seek(0)
            os.write(terminal, b"".join(line for line in log if not _STARTUP_LOG.match(line)))
            os.close(terminal)
