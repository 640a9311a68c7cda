"""Starting a framework without what it logs about itself.

TensorFlow, which KerasHub loads on every backend, tells from C++ what it was built for and
which devices it does not find, some of it before any setting is read.
"""

import gc
import importlib.util
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
"""The variable of TensorFlow that says what it logs: from 0, all, to 3, nothing."""

# Information, and what is no error on a machine without a GPU. Other errors are shown.
_STARTUP_LOG = re.compile(
    rb"WARNING: All log messages before absl|To enable the following instructions:|I\d{4} "
    rb"|\d{4}-\d\d-\d\d [\d:.]+: I "
    rb"|.*failed call to cuInit: .*(UNKNOWN ERROR \(303\)|CUDA_ERROR_NO_DEVICE)"
    rb"|.*(Unable to register cu\w+ factory|computation placer already registered"
    rb"|TF-TRT Warning: Could not find TensorRT)"
)


@contextmanager
def quiet_start() -> Iterator[None]:
    """Keeps messages that frameworks log from C++ when loaded off the terminal.

    Errors are shown, when the block is over; all is shown where it raises, and where the
    environment variable `TF_CPP_MIN_LOG_LEVEL` is 0.

    Yields:
        None.

    Example:

    >>> with quiet_start():
    ...     import keras
    """
    terminal = None if os.environ.get(LEVEL) == "0" else _copy_of_stderr()
    if terminal is None:
        yield
        return
    is_told = False
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        except BaseException:
            is_told = True
            raise
        finally:
            _flush()
            os.dup2(terminal, 2)
            log.seek(0)
            lines = (line for line in log if is_told or not _STARTUP_LOG.match(line))
            os.write(terminal, b"".join(lines))
            os.close(terminal)


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Lets frameworks be imported without searching what they make for garbage.

    An import makes objects by the hundred thousand that all stay; searching them again and
    again is a tenth of its time.

    Yields:
        None.

    Example:

    >>> with without_garbage_collection():
    ...     import keras
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def prepare_tensorflow() -> None:
    """Lets TensorFlow, whoever imports it, start without its messages, and with Keras' seed.

    The environment variable `TF_CPP_MIN_LOG_LEVEL` says what TensorFlow logs, and is set to 1,
    warnings and errors, unless it is set: to 0 it shows all. For the seed see `seed_late`.

    Example:

    >>> prepare_tensorflow()
    >>> os.environ["TF_CPP_MIN_LOG_LEVEL"]
    '1'
    """
    os.environ.setdefault(LEVEL, "1")
    if "tensorflow" in sys.modules:
        return
    if not any(isinstance(finder, _TensorFlowFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TensorFlowFinder())


class _TensorFlowFinder:
    """Finds TensorFlow as it is found without this; loads it quietly, and seeds it, once."""

    def __init__(self) -> None:
        self._is_asked = False

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Returns the module's own specification, whose loader does more."""
        if name != "tensorflow" or self._is_asked:
            return None
        self._is_asked = True
        try:
            found = importlib.util.find_spec(name)
        finally:
            self._is_asked = False
        if found is not None and found.loader is not None:
            self._change(found.loader)
        return found

    def _change(self, loader: Any) -> None:
        """Lets a loader load its module quietly, and seed it."""
        execute = loader.exec_module

        def execute_quietly(module: ModuleType) -> None:
            sys.meta_path.remove(self)
            with quiet_start():
                execute(module)
                tensorflow: Any = sys.modules[module.__name__]
                if os.environ.get(LEVEL) != "0":
                    # Where there is no GPU, it says so at the first look.
                    tensorflow.config.list_physical_devices("GPU")
            # Imported here: a command that starts nothing needs no NumPy.
            from kerastune.backends.random import seed_late

            seed_late(tensorflow)

        loader.exec_module = execute_quietly


def _copy_of_stderr() -> int | None:
    """Returns a copy of the process' standard error, or None where it is closed."""
    _flush()
    try:
        return os.dup(2)
    except OSError:
        return None


def _flush() -> None:
    """Writes what Python has not yet written; a program without a terminal may have no stream."""
    if sys.stderr is not None:
        sys.stderr.flush()
