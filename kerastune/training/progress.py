"""How far a plan is: the stage, the epoch in it and in the plan, what is measured, time left."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

import keras
import numpy as np
from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from kerastune.display import output
from kerastune.display.formats import format_duration, format_metric
from kerastune.training.epoch_lines import in_order, printed_epochs

_LONGEST_SILENCE = 60.0  # Seconds.
_BETWEEN_REDRAWS = 0.25  # Seconds.
_SHORTEST_SHOWN = 1.0  # Seconds.
_BAR_CELLS = 20
_ERASED_LINE = Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2))


class Progress(keras.callbacks.Callback):
    """Prints a line after an epoch, and on a terminal shows where in the epoch training is.

    Of a plan of more than 20 epochs about 20 lines are printed, at growing distances, and the
    last of each stage; and what comes a minute after the line before it. With a verbosity of 2
    every epoch has a line, with 0 none, see `kerastune.display.output.printing`.

    Args:
        stages: sequence of tuples of a stage's name, str, and its steps, int.
        steps_per_epoch: int.
        console: where to print. Defaults to the standard output.
        clock: function without arguments that gives seconds. Defaults to that of Python.

    Example:

    >>> times = iter([0.0, 0.0, 2.0, 12.0])
    >>> progress = Progress([("head", 41), ("all", 82)], 41, clock=lambda: next(times))
    >>> progress.on_train_begin()
    >>> progress.on_epoch_begin(0)
    >>> progress.on_train_batch_end(0)
    >>> progress.on_epoch_end(0, {"loss": 0.61, "val_loss": 0.7})
    head 1/1 (1 of 3): loss 0.6100, val_loss 0.7000; 12 s, about 20 s left
    """

    def __init__(
        self,
        stages: Sequence[tuple[str, int]],
        steps_per_epoch: int,
        *,
        console: Console | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__()
        self._console = console or output.console()
        self._clock = clock
        self._stages = [(name, steps, -(-steps // steps_per_epoch)) for name, steps in stages]
        self._steps_per_epoch = steps_per_epoch
        self._printed = printed_epochs(sum(epochs for *_, epochs in self._stages))
        shows = self._console.is_terminal and not self._console.is_dumb_terminal
        self._is_live = shows and not self._console.quiet
        self._stage = -1
        self._waiting: str | None = None
        self._last_print = self._last_redraw = clock()

    def go_on(self, epochs: int) -> None:
        """Count epochs of the stage that were trained before.

        Args:
            epochs: int.
        """
        self._epoch = epochs

    def begin_at(self, stage: int) -> None:
        """Count stages that were trained before.

        Args:
            stage: int, the place of the next stage.
        """
        self._stage = stage - 1

    def restart(self, stage: int, steps: Sequence[int], steps_per_epoch: int) -> None:
        """Go back to the beginning of a stage, whose epochs have other steps now.

        Args:
            stage: int, its place.
            steps: sequence of int, of each stage.
            steps_per_epoch: int.
        """
        self._stages = [
            (name, count, epochs)
            for (name, _, epochs), count in zip(self._stages, steps, strict=True)
        ]
        self._steps_per_epoch = steps_per_epoch
        self._stage, self._waiting = stage - 1, None
        self._erase()

    @contextmanager
    def displayed(self) -> Iterator[None]:
        """While this lasts; afterwards, also after an error, no part of a line stays."""
        try:
            yield
        finally:
            self._erase()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Begin the next stage."""
        self._stage += 1
        self._epoch = self._step = 0
        self._pace = _StagePace()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Begin an epoch."""
        self._epoch += 1
        self._step = 0
        self._done = epoch + 1
        self._pace.begin_epoch(self._clock())

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Show the step on a terminal, a few times a second."""
        self._step += 1
        if self._step == 1:
            self._pace.end_first_step(self._clock())
        if not self._is_live or self._clock() < self._last_redraw + _BETWEEN_REDRAWS:
            return
        # Reading logs waits for the backend, so only what is shown is read.
        loss = {name: value for name, value in (logs or {}).items() if name == "loss"}
        cells = _BAR_CELLS * self._step // self._steps_per_epoch
        mark = "━" if self._console.encoding.startswith("utf") else "#"
        bar = f"{mark * cells:<{_BAR_CELLS}} step {self._step}/{self._steps_per_epoch}"
        self._draw(": ".join(filter(None, (f"{self._place()} {bar}", _measured(loss)))))

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Say on a terminal why no step ends."""
        if self._is_live:
            self._draw(f"{self._place()}: validating")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Print the epoch, if it is its turn."""
        now = self._clock()
        self._pace.end_epoch(now)
        line = f"{self._place()}: {_measured(logs or {})}{self._times()}"
        is_late = now >= self._last_print + _LONGEST_SILENCE
        if epoch + 1 in self._printed or is_late or output.verbosity() > 1:
            self._print(line)
            self._waiting, self._last_print = None, now
        else:
            self._waiting = line

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Print the last epoch of the stage, and whether it ended early."""
        if self._waiting is not None:
            self._print(self._waiting)
            self._waiting = None
        name, _, epochs = self._stages[self._stage]
        if self._epoch < epochs:
            self._print(f"{name} ended after {self._epoch} of {epochs} epochs")

    def _place(self) -> str:
        """The stage, the epoch in it, and in the plan if that is another."""
        name, _, epochs = self._stages[self._stage]
        place = f"{name} {self._epoch}/{epochs}"
        if len(self._stages) == 1:
            return place
        # Stages before this one may have ended early.
        to_come = sum(epochs for *_, epochs in self._stages[self._stage :])
        return f"{place} ({self._done} of {self._done - self._epoch + to_come})"

    def _times(self) -> str:
        """How long the epoch took, and the time left if the rest is as fast."""
        _, steps, _ = self._stages[self._stage]
        left = max(steps - self._epoch * self._steps_per_epoch, 0)
        left += sum(steps for _, steps, _ in self._stages[self._stage + 1 :])
        seconds_left = self._pace.a_step(self._steps_per_epoch) * left
        shown = [
            f"{lead}{format_duration(seconds)}{end}"
            for lead, seconds, end in (
                ("", self._pace.last, ""),
                ("about ", seconds_left, " left"),
            )
            if seconds >= _SHORTEST_SHOWN
        ]
        return f"; {', '.join(shown)}" if shown else ""

    def _print(self, line: str) -> None:
        """Print a line that stays."""
        self._erase()
        self._console.print(Text(line), soft_wrap=True)

    def _draw(self, line: str) -> None:
        """Show a line until the next one."""
        self._erase()
        # In the last cell some terminals go on to the next line.
        width = self._console.width - 1
        self._console.print(Text(line), end="\r", width=width, no_wrap=True, overflow="crop")
        self._last_redraw = self._clock()

    def _erase(self) -> None:
        """Take away the line that is shown."""
        if self._is_live:
            self._console.control(_ERASED_LINE)


class _StagePace:
    """The seconds of the epochs of a stage, without the first step, in which backends compile."""

    def __init__(self) -> None:
        self.last = 0.0
        self._began = 0.0
        self._first_step: float | None = None
        self._seconds: list[float] = []

    def begin_epoch(self, now: float) -> None:
        """An epoch begins now."""
        self._began = now

    def end_first_step(self, now: float) -> None:
        """The first step of the epoch ends now."""
        if self._first_step is None:
            self._first_step = now - self._began

    def end_epoch(self, now: float) -> None:
        """The epoch ends now."""
        self.last = now - self._began
        self._seconds.append(self.last)

    def a_step(self, steps_per_epoch: int) -> float:
        """The mean of the epochs after the first, or else of the first; 0 where not known."""
        if later := self._seconds[1:]:
            return sum(later) / len(later) / steps_per_epoch
        if steps_per_epoch == 1:
            return 0.0
        return (self.last - (self._first_step or 0.0)) / (steps_per_epoch - 1)


def _measured(logs: Mapping[str, Any]) -> str:
    """What was measured, in a line."""
    numbers = {name: np.asarray(value) for name, value in logs.items()}
    return ", ".join(
        f"{name} {format_metric(float(numbers[name]))}"
        for name in in_order(numbers)
        if numbers[name].ndim == 0
    )
