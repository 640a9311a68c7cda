"""Ctrl-C while a model trains: the step in hand is ended first, so that no weight is lost.

An exception in the middle of a step leaves a model on JAX without weights: their buffers
belong to the step. So Ctrl-C only asks, and a callback raises when the step is over, from
where Keras writes the weights back on every backend. Asked again, it raises at once.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import keras

from kerastune.distribution import any_process
from kerastune.training.history import TrainingHistory

_TOLD = b"\nInterrupted: training ends after this step. Press Ctrl-C again to stop at once.\n"


# What a program that does not handle a signal itself does at it.
_USUAL = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}


class TrainingInterrupted(KeyboardInterrupt):
    """A plan was interrupted, and the model has the weights of the last step.

    A stage with `patience` ends with those of its best epoch, as it does otherwise.

    Args:
        message: str, which names the stage and the step.
        history: the `TrainingHistory` up to there.
        signal_number: int, of the signal that asked for it. Defaults to that of Ctrl-C.

    Example:

    >>> interrupted = TrainingInterrupted("Interrupted after step 3", TrainingHistory())
    >>> isinstance(interrupted, KeyboardInterrupt), str(interrupted)
    (True, 'Interrupted after step 3')
    """

    def __init__(
        self, message: str, history: TrainingHistory, signal_number: int = signal.SIGINT
    ) -> None:
        super().__init__(message)
        self.history = history
        self.signal_number = signal_number


class Interruption(keras.callbacks.Callback):
    """Raises `KeyboardInterrupt` at the end of the step in which it was asked to.

    It goes last among the callbacks, so that the others have seen the step.

    Example:

    >>> interruption = Interruption()
    >>> interruption.on_train_batch_end(0)
    >>> interruption.is_asked = True
    >>> try:
    ...     interruption.on_train_batch_end(1)
    ... except KeyboardInterrupt:
    ...     print("after step 2")
    after step 2
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_asked = False
        self.is_urgent = False
        self.signal_number: int = signal.SIGINT
        self.is_held = False
        """Whether the epoch is to be validated first, so that a checkpoint can be written."""

    def ask(self, signal_number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Ask for an end, as a handler of signals; the second time it is at once."""
        self.signal_number = signal_number
        if self.is_asked:
            self.is_urgent = True
            raise KeyboardInterrupt
        self.is_asked = True
        # A signal may come in the middle of a `print`, which cannot be entered twice.
        os.write(2, _TOLD)

    def raise_if_asked(self) -> None:
        """Raise `KeyboardInterrupt` if Ctrl-C was pressed, in any process that trains along."""
        self.is_asked = any_process(self.is_asked)
        if self.is_asked:
            raise KeyboardInterrupt

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Train nothing more."""
        self.raise_if_asked()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """End after the step."""
        if not self.is_held:
            self.raise_if_asked()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """End after the epoch before, if that was waited for."""
        self.raise_if_asked()

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Do not wait for the end of a validation, unless it is to be written down."""
        if not self.is_held:
            self.raise_if_asked()


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """While this lasts, Ctrl-C and SIGTERM ask an `Interruption`, and do nothing else.

    In a thread, or where the program handles the signal itself, each stays what it is.

    Yields:
        An `Interruption`.

    Raises:
        KeyboardInterrupt: at the end, if it was asked and nobody has raised.

    Example:

    >>> with interruptible() as interruption:
    ...     interruption.is_asked
    False
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    usual = {
        number: handler for number, handler in _USUAL.items() if signal.getsignal(number) is handler
    }
    for number in usual:
        signal.signal(number, interruption.ask)
    try:
        yield interruption
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
    interruption.raise_if_asked()


def raise_interrupted(history: TrainingHistory, signal_number: int = signal.SIGINT) -> NoReturn:
    """Raises a `TrainingInterrupted` that says where.

    Args:
        history: a `TrainingHistory` whose last stage was interrupted.
        signal_number: int, of the signal that asked for it. Defaults to that of Ctrl-C.

    Raises:
        TrainingInterrupted: with the stage and the step.

    Example:

    >>> try:
    ...     raise_interrupted(TrainingHistory([0.5], stages=[{"stage": "all", "steps": 1}]))
    ... except KeyboardInterrupt as interrupted:
    ...     print(interrupted)
    Interrupted after step 1 of the stage 'all', step 1 of the plan
    """
    last = history.stages[-1]
    raise TrainingInterrupted(
        f"Interrupted after step {last['steps']} of the stage {last['stage']!r}, step "
        f"{len(history.step_loss)} of the plan",
        history,
        signal_number,
    )
