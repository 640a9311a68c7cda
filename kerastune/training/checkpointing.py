"""Checkpoints of the stages of a plan: what they were made of, and where a training goes on."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerastune.backends.choice import select
from kerastune.backends.environment import versions
from kerastune.backends.portable import random_stream
from kerastune.checkpoints import CheckpointFolder, Checkpoints, State, checkpoint_settings
from kerastune.checkpoints.best import best_step
from kerastune.display.output import console
from kerastune.distribution import is_first
from kerastune.errors import InputError
from kerastune.training.feeding import Feed
from kerastune.training.frozen_part import add_values
from kerastune.training.history import TrainingHistory
from kerastune.training.left_out import left_out_of_checkpoints
from kerastune.training.shared_checkpoints import shared_state
from kerastune.training.smaller_batches import Course

if TYPE_CHECKING:
    from kerastune.tuning import Plan

RESUME = ("auto", "anyway")
"""How a training can go on: where all is as it was, or whatever has changed."""

# What a checkpoint holds beside arrays.
_VALUES = [
    *("about", "ages", "callbacks", "divisions", "done", "history", "is_over"),
    *("random", "recorder", "stage", "step", "variables", "written"),
]


class Checkpointing:
    """Where a training keeps its checkpoints, and the one from which it goes on.

    Args:
        directory: str or Path of the folder.
        settings: `Checkpoints`, a dictionary of its arguments, or None for the defaults.
        resume: str, `"auto"` to go on from the newest checkpoint that is whole, if there is one,
            and to refuse one of another training; `"anyway"` to go on also then, by what is
            given now; or None for a folder without checkpoints. Defaults to None.

    Raises:
        InputError: if an argument is not one of these.

    Example:

    >>> Checkpointing("checkpoints", {"every_steps": 100}).settings.every_steps
    100
    """

    def __init__(
        self, directory: str | Path, settings: Any = None, resume: str | None = None
    ) -> None:
        if resume not in (None, *RESUME):
            raise InputError(f"Expected `resume` out of {', '.join(RESUME)}. Received: {resume!r}")
        self.settings: Checkpoints = checkpoint_settings(settings)
        self.folder = CheckpointFolder(Path(directory), self.settings.keep_last)
        self.resumed: State | None = None
        self._resume = resume
        self.has_written = resume is not None
        """Whether stages end with a checkpoint, as a training does that is long or is to go on."""
        self.left_out: dict[int, str] = {}
        """The weights that are not written, see `left_out_of_checkpoints`."""
        self._about: Callable[[], dict[str, Any]] = dict

    @contextmanager
    def opened(self, model: keras.Model, plan: "Plan", feed: Feed) -> Iterator[None]:
        """While this lasts, the folder is this training's, and the checkpoint to go on from read.

        Args:
            model: the model, with its adapters.
            plan: the `Plan`.
            feed: the `Feed` of the data.

        Raises:
            InputError: if another process uses the folder, its checkpoints are of another
                training or none is whole, or there are some and nobody has asked to resume; or
                if the data cannot be read from any step on.
        """
        if feed.samples is None:
            raise InputError(
                "Expected arrays as data for checkpoints, which can be read from any step on. "
                "Received: a data set that makes its own batches. Give arrays, or leave "
                "checkpoint_directory out"
            )
        # A batch is read for it, which a training without checkpoints need not wait for.
        self._about = cache(partial(_about, plan, feed))
        self.left_out = left_out_of_checkpoints(model, plan)
        # The others have what the first process reads.
        with self.folder.locked() if is_first() else nullcontext():
            self.resumed = shared_state(self._found)
            yield

    def put_back(self, course: Course, history: TrainingHistory) -> int:
        """Brings plan, data and history to where the checkpoint was written.

        Args:
            course: the `Course`.
            history: the `TrainingHistory`, empty.

        Returns:
            int, the place of the stage that goes on.
        """
        if self.resumed is None:
            return 0
        values = self.resumed.values
        for first in values["divisions"]:
            course.divide(first)
        course.done = values["done"]
        for name, rows in values["history"].items():
            getattr(history, name).extend(rows)
        return int(values["stage"])

    def take(self) -> State | None:
        """Returns the checkpoint to go on from to the first stage that asks, and None to others."""
        state, self.resumed = self.resumed, None
        return state

    def write(self, state: State, history: TrainingHistory) -> None:
        """Writes a checkpoint.

        Args:
            state: the `State`, without what is the same in all.
            history: the `TrainingHistory` so far.
        """
        state.values |= {
            "about": self._about(),
            "history": json.loads(json.dumps(history.to_dict())),
            "written": datetime.now().astimezone().isoformat(timespec="seconds"),
            "versions": versions(),
        }
        self.has_written = True
        best = best_step(history.epochs, self.settings.keep_best)
        state.values["best_step"] = best
        self.folder.write(len(history.step_loss), state, keeps=best)

    def _found(self) -> State | None:
        """The checkpoint to go on from, if there is one."""
        if self._resume is None:
            if self.folder.checkpoints():
                raise InputError(
                    "Expected a folder without checkpoints, or resume='auto' to go on from them. "
                    f"Received: '{self.folder.path}', which holds some"
                )
            return None
        state, told = self.folder.newest()
        lines = list(told)
        if state is None:
            lines.append(f"No checkpoint in '{self.folder.path}': training starts.")
        else:
            lines += self._compared(state.values)
        for line in lines:
            console().print(line, soft_wrap=True, highlight=False, markup=False)
        return state

    def _compared(self, values: dict[str, Any]) -> list[str]:
        """What is to be said of a checkpoint, which is of the same training or is to be taken."""
        lacking = [name for name in _VALUES if name not in values]
        if lacking:
            raise InputError(
                "Expected a checkpoint of this version of kerastune. Received: one in "
                f"'{self.folder.path}' without {', '.join(lacking)}. Start again, with another "
                "directory"
            )
        steps = len(values["history"]["step_loss"])
        backend = values["random"]["backend"]
        lines = [
            f"Goes on after step {steps:,} of the plan, from a checkpoint of {values['written']}"
            + (f", written on {backend}." if backend != select() else ".")
        ]
        if backend != select() and random_stream() == "backend":
            lines.append(
                "What dropout and other layers draw from here on is not what it would draw on "
                f"{backend}: a run with random='portable' draws the same on each backend."
            )
        differing = [
            f"{name} {_short(values['about'].get(name))} (now {_short(value)})"
            for name, value in self._about().items()
            if values["about"].get(name) != value
        ]
        if differing and self._resume != "anyway":
            raise InputError(
                "Expected a checkpoint of the same training. Received: one with "
                f"{', '.join(differing)}. Give what it was trained with, resume='anyway' to go on "
                "by what is given now, or another directory"
            )
        return lines + [f"Changed since: {', '.join(differing)}. What is given now holds."] * bool(
            differing
        )


def _about(plan: "Plan", feed: Feed) -> dict[str, Any]:
    """What must be the same for a training to go on exactly."""
    assert feed.samples is not None
    digest = hashlib.sha256()
    for leaf in keras.tree.flatten(next(iter(feed.samples.in_order()))):
        if leaf is not None:
            add_values(digest, np.asarray(leaf))
    described = json.dumps(plan.to_dict(), default=lambda given: type(given).__name__)
    return {
        "plan": json.loads(described),
        "samples": len(feed.samples.source),
        "batch size": feed.samples.batch_size,
        "seed": feed.seed,
        "random": random_stream(),
        "first batch": digest.hexdigest()[:16],
    }


def _short(value: Any) -> str:
    """A value in a few words."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
