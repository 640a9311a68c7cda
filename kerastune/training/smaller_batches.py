"""A stage trained again in smaller batches, where memory has run out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import keras
import numpy as np

from kerastune.backends.out_of_memory import is_out_of_memory, release_memory, shortage
from kerastune.backends.random import random_state, set_random_state
from kerastune.display.output import console
from kerastune.errors import InputError
from kerastune.training.feeding import Feed
from kerastune.training.history import TrainingHistory
from kerastune.tuning.plans.dividing import divided_stage
from kerastune.tuning.plans.given_objects import steps_per_update

if TYPE_CHECKING:
    from kerastune.tuning import Stage

Trained = TypeVar("Trained")


@dataclass
class Course:
    """The stages of a plan and the data that they train on, whose batches may be divided.

    Args:
        stages: list of `Stage`.
        feed: the `Feed`.
        done: int, the batches of the feed that the stages so far have had. Defaults to 0.
        divisions: list of int, the `first` of each time that batches were divided. Defaults to
            none.

    Example:

    >>> from kerastune.tuning import Stage
    >>> Course([Stage("only", 2, 0.1)], Feed([4, 4, 1], lambda done: {})).steps
    [6]
    """

    stages: "list[Stage]"
    feed: Feed
    done: int = 0
    divisions: list[int] = field(default_factory=list)

    @property
    def steps(self) -> list[int]:
        """The training steps of each stage."""
        return [stage.total_steps(len(self.feed.batch_sizes)) for stage in self.stages]

    def divide(self, first: int) -> int:
        """Divide the batches from a stage on: into halves where their size is even.

        The gradients of the smaller ones are accumulated, so that the weights move as before.

        Args:
            first: int, the place of the first stage that is divided.

        Returns:
            int, the new batch size; 0 where a batch is one sample and stays as it is.
        """
        size = self.feed.samples.batch_size if self.feed.samples else 1
        parts = next((part for part in range(2, size + 1) if size % part == 0), None)
        if parts is None:
            return 0
        self.divisions.append(first)
        epochs, rest = divmod(self.done, len(self.feed.batch_sizes))
        self.stages[first:] = [divided_stage(stage, parts) for stage in self.stages[first:]]
        self.feed = self.feed.divided(parts)
        self.done = epochs * len(self.feed.batch_sizes) + rest * parts
        return size // parts


class StageStart:
    """What a stage starts from: weights, random states, and what has been measured so far.

    Args:
        variables: sequence of Keras variables, of the model and of the optimizer before.
        history: the `TrainingHistory`.

    Example:

    >>> variable = keras.Variable([1.0])
    >>> start = StageStart([variable], TrainingHistory())
    >>> _ = variable.assign([2.0])
    >>> start.restore()
    >>> keras.ops.convert_to_numpy(variable).tolist()
    [1.0]
    """

    def __init__(self, variables: Sequence[keras.Variable], history: TrainingHistory) -> None:
        # Copies: what a failed step was given is not there any more on a backend that reuses it.
        self._values = [(one, np.array(keras.ops.convert_to_numpy(one))) for one in variables]
        self._random = random_state()
        self._history = history
        self._lengths = (len(history.step_loss), len(history.stages))

    def restore(self) -> None:
        """Put all of it back."""
        for variable, value in self._values:
            variable.assign(value)
        set_random_state(self._random)
        self._history.cut(*self._lengths)


def in_smaller_batches(
    train: Callable[[], Trained], course: Course, place: int, restart: Callable[[], None]
) -> Trained:
    """Trains a stage, again from its start in smaller batches whenever memory runs out.

    Args:
        train: function that trains the stage as the course says.
        course: the `Course`, whose batches are divided from this stage on.
        place: int, that of the stage.
        restart: function that puts back what the stage starts from.

    Returns:
        What `train` returns.

    Raises:
        InputError: if memory is not enough for one sample, with what to do.

    Example:

    See `fit_stages`, which calls it.
    """
    while True:
        try:
            return train()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            said = shortage(error)
        # Outside of the handler, whose error holds what the failed step had computed.
        release_memory()
        name = course.stages[place].name
        size = course.divide(place)
        if not size:
            raise InputError(
                f"Expected memory for a step of one sample in {name!r}. Received: {said}. Take a "
                "plan that trains less (head_only), --precision mixed_bfloat16, smaller inputs, a "
                "smaller model or a larger device"
            )
        restart()
        stage = course.stages[place]
        steps = steps_per_update(stage.optimizer, stage.accumulate_gradients)
        console().print(
            f"Out of memory in {name!r}. It starts again from where it began, with {size} samples "
            f"a step and the gradients of {steps} steps together.",
            soft_wrap=True,
            highlight=False,
            markup=False,
        )
