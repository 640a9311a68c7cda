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

from kerastune.training.history import TrainingHistory

_TOLD = b"\nInterrupted: training ends after this step. Press Ctrl-C again to stop at once.\n"


class TrainingInterrupted(KeyboardInterrupt):
    """A plan was interrupted, and the model has the weights of the last step.

    A stage with `patience` ends with those of its best epoch, as it does otherwise.

    Args:
        message: str, which names the stage and the step.
        history: the `TrainingHistory` up to there.

    Example:

    >>> interrupted = TrainingInterrupted("Interrupted after step 3", TrainingHistory())
    >>> isinstance(interrupted, KeyboardInterrupt), str(interrupted)
    (True, 'Interrupted after step 3')
    """

    def __init__(self, message: str, history: TrainingHistory) -> None:
        super().__init__(message)
        self.history = history


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
        self.is_held = False
        """Whether the epoch is to be validated first, so that a checkpoint can be written."""

    def ask(self, signal_number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Ask for an end, as a handler of signals; the second time it is at once."""
        if self.is_asked:
            self.is_urgent = True
            raise KeyboardInterrupt
        self.is_asked = True
        # A signal may come in the middle of a `print`, which cannot be entered twice.
        os.write(2, _TOLD)

    def raise_if_asked(self) -> None:
        """Raise `KeyboardInterrupt` if Ctrl-C was pressed."""
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
    """While this lasts, Ctrl-C asks an `Interruption`, and does nothing else.

    In a thread, or where the program handles the signal itself, Ctrl-C stays what it is.

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
    usual = signal.getsignal(signal.SIGINT)
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or usual is not signal.default_int_handler:
        yield interruption
        return
    signal.signal(signal.SIGINT, interruption.ask)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, usual)
    interruption.raise_if_asked()


def raise_interrupted(history: TrainingHistory) -> NoReturn:
    """Raises a `TrainingInterrupted` that says where.

    Args:
        history: a `TrainingHistory` whose last stage was interrupted.

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
    )
