"""Schedules that Keras lacks, made as its own are: they save, compile and take tensors."""

import math
from typing import Any

import keras
from keras import ops
from keras.optimizers.schedules import LearningRateSchedule

from kerastune.errors import InputError


@keras.saving.register_keras_serializable(package="kerastune")
class WarmUp(LearningRateSchedule):
    """A straight line from zero up to where another schedule starts, then that schedule.

    For `keras.optimizers.schedules.CosineDecay` it gives what the warm-up of its own
    does, also for many steps in one call.

    Args:
        after: float, or a Keras schedule, which then counts its steps from the end of
            the warm-up.
        steps: int, the training steps of the warm-up, at least 1.

    Raises:
        InputError: if there are no steps to warm up in.

    Reference:
        Goyal et al., 2017, "Accurate, Large Minibatch SGD: Training ImageNet in 1
        Hour", https://arxiv.org/abs/1706.02677

    Example:

    >>> schedule = WarmUp(1.0, steps=2)
    >>> [float(schedule(step)) for step in range(4)]
    [0.0, 0.5, 1.0, 1.0]
    """

    def __init__(self, after: float | LearningRateSchedule, steps: int) -> None:
        super().__init__()
        if steps < 1:
            raise InputError(f"Expected a warm-up of at least 1 step. Received: steps={steps!r}")
        self.after = after
        self.steps = steps

    def __call__(self, step: Any) -> Any:
        """Returns the rate at a training step."""
        step = ops.cast(step, "float32")
        start = value_at(self.after, 0)
        after = value_at(self.after, ops.maximum(step - self.steps, 0.0))
        return ops.where(step < self.steps, start * step / self.steps, after)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, as Keras saves them."""
        return {"after": keras.saving.serialize_keras_object(self.after), "steps": self.steps}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WarmUp":
        """Returns the schedule that `get_config` described."""
        return cls(keras.saving.deserialize_keras_object(config["after"]), config["steps"])


@keras.saving.register_keras_serializable(package="kerastune")
class OneCycle(LearningRateSchedule):
    """Half a cosine from a first value to a second, then another to a third.

    It is fastai's one-cycle for the rate and, with other values, for the momentum.

    Args:
        start: float, the value of the first step.
        middle: float, the value between the two cosines.
        end: float, the value after the last step.
        steps: int, the training steps.
        warmup: float from 0 to 1, the share of the steps in the first cosine. Defaults
            to 0.25.

    Reference:
        Smith and Topin, 2017, "Super-Convergence: Very Fast Training of Neural Networks
        Using Large Learning Rates", https://arxiv.org/abs/1708.07120

    Example:

    >>> schedule = OneCycle(0.25, 1.0, 0.0, steps=4)
    >>> [round(float(schedule(step)), 2) for step in range(5)]
    [0.25, 1.0, 0.75, 0.25, 0.0]
    """

    def __init__(
        self,
        start: float,
        middle: float,
        end: float,
        steps: int,
        warmup: float = 0.25,
    ) -> None:
        super().__init__()
        self.start, self.middle, self.end = start, middle, end
        self.steps = steps
        self.warmup = warmup

    def __call__(self, step: Any) -> Any:
        """Returns the value at a training step."""
        step = ops.minimum(ops.cast(step, "float32"), float(self.steps))
        turn = self.warmup * self.steps
        # A part without steps is never reached; it must only not divide by zero.
        before = _half_cosine(self.start, self.middle, step / (turn or 1.0))
        after = _half_cosine(self.middle, self.end, (step - turn) / ((self.steps - turn) or 1.0))
        return ops.where(step < turn, before, after)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, as Keras saves them."""
        return {
            "start": self.start,
            "middle": self.middle,
            "end": self.end,
            "steps": self.steps,
            "warmup": self.warmup,
        }


@keras.saving.register_keras_serializable(package="kerastune")
class SlantedTriangular(LearningRateSchedule):
    """A short straight line up and a long one down, as ULMFiT trains.

    The published formula falls below zero at the end of a training whose steps times
    `warmup` are no whole number. Here the fall is spread over the steps that are left,
    which is the same where they are.

    Args:
        peak: float, the highest rate.
        steps: int, the training steps.
        warmup: float from 0 to 1, the share of the steps in which the rate rises.
            Defaults to 0.1.
        ratio: float, the highest rate over the lowest. Defaults to 32.

    Reference:
        Howard and Ruder, 2018, "Universal Language Model Fine-tuning for Text
        Classification", equation 3, https://arxiv.org/abs/1801.06146

    Example:

    >>> schedule = SlantedTriangular(1.0, steps=20, ratio=4)
    >>> [float(schedule(step)) for step in (0, 1, 2, 11, 20)]
    [0.25, 0.625, 1.0, 0.625, 0.25]
    """

    def __init__(
        self,
        peak: float,
        steps: int,
        warmup: float = 0.1,
        ratio: float = 32.0,
    ) -> None:
        super().__init__()
        self.peak = peak
        self.steps = steps
        self.warmup = warmup
        self.ratio = ratio

    def __call__(self, step: Any) -> Any:
        """Returns the rate at a training step."""
        step = ops.minimum(ops.cast(step, "float32"), float(self.steps))
        cut = math.floor(self.steps * self.warmup)
        fall = 1.0 - (step - cut) / ((self.steps - cut) or 1)
        share = ops.where(step < cut, step / (cut or 1), fall)
        return self.peak * (1.0 + share * (self.ratio - 1.0)) / self.ratio

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, as Keras saves them."""
        return {
            "peak": self.peak,
            "steps": self.steps,
            "warmup": self.warmup,
            "ratio": self.ratio,
        }


def value_at(schedule: float | LearningRateSchedule, step: Any) -> Any:
    """Returns the value of a schedule or a constant at a step, or at many."""
    return schedule(step) if callable(schedule) else ops.convert_to_tensor(schedule, "float32")


def _half_cosine(start: float, end: float, position: Any) -> Any:
    """Returns values from one to another along half a cosine, for positions from 0 to 1."""
    return end + (start - end) * (1.0 + ops.cos(math.pi * position)) / 2.0
