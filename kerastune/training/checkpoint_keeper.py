"""The callback that writes checkpoints of a stage, and puts one back at its start."""

from collections.abc import Callable, Sequence
from math import isfinite
from time import monotonic
from typing import Any

import keras
import numpy as np

from kerastune.backends.metrics import build_metrics
from kerastune.backends.optimizers import inner_optimizer
from kerastune.backends.random_values import random_values, set_random_values
from kerastune.checkpoints import State
from kerastune.checkpoints.variables import check_variables, read_variables, set_variables
from kerastune.distribution import is_first, reads_alone, value_from_first
from kerastune.training.callback_counts import read_callback, set_callback
from kerastune.training.checkpointing import Checkpointing
from kerastune.training.history import HistoryRecorder
from kerastune.training.interrupting import Interruption
from kerastune.training.progress import Progress
from kerastune.training.smaller_batches import Course


class ShorterEpoch(keras.callbacks.Callback):
    """Goes on after an epoch whose first steps came before the start; it is the first callback.

    Example:

    >>> ShorterEpoch().is_short
    False
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_short = False

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Take back what ended the epoch, before anything else may end the stage."""
        if self.is_short:
            self.is_short = self.model.stop_training = False


class CheckpointKeeper(keras.callbacks.Callback):
    """Writes checkpoints while a stage trains: after steps, and when an epoch is whole.

    What an epoch leaves is written at the start of the next one, when all callbacks have seen
    its end, and that of the last epoch when the stage is over. After the last step of an epoch or
    a stage nothing is written before it is validated: Ctrl-C waits until then.

    Args:
        checkpointing: the `Checkpointing`.
        course: the `Course`, before the stage.
        place: int, that of the stage.
        recorder: the `HistoryRecorder` of the stage.
        callbacks: sequence of the callbacks that are to go on too: those of Keras and of this
            package by what they count, others by their `get_state` and `set_state`, if they have
            these.
        progress: the `Progress`.
        interruption: the `Interruption`.
        clock: function that gives seconds. Defaults to that of Python.

    Example:

    See `fit_stages`, which makes one for each stage.
    """

    def __init__(
        self,
        checkpointing: Checkpointing,
        course: Course,
        place: int,
        recorder: HistoryRecorder,
        callbacks: Sequence[keras.callbacks.Callback],
        progress: Progress,
        interruption: Interruption,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__()
        self.shorter = ShorterEpoch()
        self.resumed = checkpointing.take()
        self.step: int = self.resumed.values["step"] if self.resumed else 0
        self._checkpointing = checkpointing
        self._epoch_steps = len(course.feed.batch_sizes)
        self._planned = course.steps[place]
        self._samples = course.feed.samples
        self._started: dict[str, Any] = {
            "stage": place,
            "done": course.done,
            "divisions": list(course.divisions),
        }
        self._recorder = recorder
        self._callbacks = callbacks
        self._progress = progress
        self._interruption = interruption
        self._clock = clock
        self._last_time, self._last_step = clock(), self.step
        self._has_ended = False

    @property
    def is_over(self) -> bool:
        """bool, whether the stage was over when the checkpoint was written."""
        return self.resumed is not None and self.resumed.values["is_over"]

    @property
    def ages(self) -> list[int] | None:
        """list of int, the updates of each weight before the stage, of one that goes on."""
        return None if self.resumed is None else self.resumed.values["ages"]

    def check(self, model: keras.Model) -> None:
        """Raises unless a model is like that of the checkpoint.

        Args:
            model: the model.

        Raises:
            InputError: if it has other variables.
        """
        if self.resumed is not None:
            told = self.resumed.values["variables"]["model"]
            check_variables("model", model.variables, told)

    def put_back(self, model: keras.Model) -> None:
        """Sets model, optimizer, callbacks and random states to those of the checkpoint.

        Args:
            model: the compiled model.
        """
        if self.resumed is None:
            return
        arrays, values = self.resumed.arrays, self.resumed.values
        for group, variables in _variables(model).items():
            if group != "metrics":
                set_variables(group, variables, arrays, values["variables"][group])
        for place, (callback, kept) in enumerate(
            zip(self._callbacks, values["callbacks"], strict=False)
        ):
            set_callback(callback, kept, place, arrays, model)
        self._recorder.go_on(values["recorder"])
        if self.is_over:
            set_random_values(values["random"])

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Put back the checkpoint, after other callbacks have forgotten what they counted."""
        self._model = model = self.model
        self.put_back(model)
        if self.resumed is not None:
            self._progress.go_on(self.step // self._epoch_steps)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Write what the epoch before has left, or put back what this one has measured so far."""
        if self.resumed is not None:
            if self.step % self._epoch_steps:
                assert self._samples is not None
                build_metrics(self.model, next(iter(self._samples.in_order())))
                told = self.resumed.values["variables"]["metrics"]
                set_variables("metrics", self.model.metrics_variables, self.resumed.arrays, told)
                self._recorder.go_on(self.resumed.values["recorder"])
        elif self.step > self._last_step and (
            self._is_due_for_all() or self._checkpointing.settings.every_epoch
        ):
            self.write()
        self._interruption.is_held = False

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Put back the random states, when all that draws before a first step has drawn."""
        if self.resumed is not None:
            set_random_values(self.resumed.values["random"])
            self.resumed = None

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Write a checkpoint if it is time, and end an epoch whose first steps came before."""
        self.step += 1
        is_whole = self.step % self._epoch_steps == 0
        # Asking for `self.model` makes Keras on JAX write its state back, which is slow.
        is_stopped = self._model.stop_training
        is_last = is_whole or is_stopped or self.step >= self._planned
        self._interruption.is_held = is_last
        if not is_last and self._is_due_for_all():
            self.write()
        if is_whole and not is_stopped and batch + 1 < self._epoch_steps:
            self._model.stop_training = self.shorter.is_short = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Remember that nothing has cut the stage short."""
        self._has_ended = True

    def end(self) -> None:
        """Writes what the stage leaves, where checkpoints were written before or are due."""
        self._interruption.is_held = False
        checkpointing = self._checkpointing
        is_wanted = checkpointing.settings.every_epoch or checkpointing.has_written
        if self._has_ended and is_first() and (is_wanted or self._is_due()):
            self.write(is_over=True)
            checkpointing.folder.wait()

    def write(self, *, is_over: bool = False) -> None:
        """Writes a checkpoint of now, in the first of the processes that train together.

        Args:
            is_over: bool, whether the stage is over. Defaults to False.
        """
        if not is_first() and reads_alone():
            return
        model = self.model
        arrays: dict[str, np.ndarray] = {}
        told = {}
        left_out = self._checkpointing.left_out
        for group, variables in _variables(model).items():
            read, told[group] = read_variables(group, variables, left_out)
            arrays |= read
        lacking = {n for n, weight in enumerate(model.weights) if id(weight) in left_out}
        callbacks = [
            read_callback(callback, place, arrays, lacking)
            for place, callback in enumerate(self._callbacks)
        ]
        settings = inner_optimizer(model.optimizer).variable_settings.values()
        values = {
            **self._started,
            "step": self.step,
            "is_over": is_over,
            "variables": told,
            "callbacks": callbacks,
            "recorder": self._recorder.state(),
            "ages": [one.age for one in settings],
            "random": random_values(),
        }
        if is_first():
            self._checkpointing.write(State(arrays, values), self._recorder.history)
        self._last_time, self._last_step = self._clock(), self.step
        if self._interruption.is_asked:
            self._checkpointing.folder.wait()

    def _is_due(self) -> bool:
        """Whether a checkpoint is to be written now."""
        return self._is_finite() and (
            self._interruption.is_asked or self._is_time() or self._is_step()
        )

    def _is_due_for_all(self) -> bool:
        """Whether one is to be written in a stage, alike in all processes that have to read it."""
        if reads_alone():
            return self._is_due()
        # Clocks differ, and where a process is interrupted others may be at another step.
        is_timed = self._checkpointing.settings.every_minutes is not None
        is_time = is_timed and value_from_first(self._is_time)
        return self._is_finite() and (is_time or self._is_step())

    def _is_time(self) -> bool:
        minutes = self._checkpointing.settings.every_minutes
        return minutes is not None and self._clock() >= self._last_time + 60.0 * minutes

    def _is_step(self) -> bool:
        steps = self._checkpointing.settings.every_steps
        return steps is not None and self.step - self._last_step >= steps

    def _is_finite(self) -> bool:
        """Whether the last loss is: from weights that are not finite nobody would go on."""
        losses = self._recorder.history.step_loss
        return bool(losses) and isfinite(losses[-1])


def _variables(model: keras.Model) -> dict[str, list[Any]]:
    """Everything that changes while a compiled model trains."""
    if not model.optimizer.built:  # One that scales the loss is built by the first step.
        model.optimizer.build(model.trainable_variables)
    return {
        "model": model.variables,
        "optimizer": model.optimizer.variables,
        "metrics": model.metrics_variables,
    }
