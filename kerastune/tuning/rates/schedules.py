"""The rate and the momentum of each step of a stage, as Keras schedules."""

import numpy as np
from keras import ops
from keras.optimizers.schedules import CosineDecay, LearningRateSchedule, PolynomialDecay

from kerastune.backends import at_each_step
from kerastune.tuning.plans.described import given_rate
from kerastune.tuning.plans.keras_schedules import OneCycle, SlantedTriangular, WarmUp, value_at
from kerastune.tuning.plans.stage import Stage

# How fastai's `fit_one_cycle` is set, after Smith: the rate starts at a 25th of the
# highest and ends at a 100,000th of it, while the momentum falls and rises again.
ONE_CYCLE_START, ONE_CYCLE_END = 1 / 25, 1e-5
ONE_CYCLE_MOMENTA = (0.95, 0.85, 0.95)

# The share of the steps in which the rate rises, where a stage does not say.
_WARMUPS = {"one_cycle": 0.25, "slanted_triangular": 0.1}


def learning_rate_schedule(stage: Stage, steps: int) -> float | LearningRateSchedule:
    """Returns the learning rate of a stage, as a Keras optimizer takes it.

    A constant rate without warm-up is a number, so that callbacks such as
    `keras.callbacks.ReduceLROnPlateau` can change it. A schedule that the stage or its
    optimizer has as an object is that object.

    Args:
        stage: the `Stage`.
        steps: int, the training steps of the whole stage, see `Stage.total_steps`.

    Returns:
        A Keras schedule or a float.

    Example:

    >>> from kerastune.tuning import Stage
    >>> stage = Stage("one", 1, learning_rate=1.0, schedule="cosine", warmup=0.5)
    >>> schedule = learning_rate_schedule(stage, steps=4)
    >>> [round(float(schedule(step)), 2) for step in range(5)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    rate = given_rate(stage)
    if isinstance(rate, LearningRateSchedule):
        return rate
    # Of a whole number Keras' schedules would make whole numbers.
    peak, warmup = float(rate), _warmup(stage)
    if stage.schedule == "one_cycle":
        return OneCycle(peak * ONE_CYCLE_START, peak, peak * ONE_CYCLE_END, steps, warmup)
    if stage.schedule == "slanted_triangular":
        return SlantedTriangular(peak, steps, warmup)
    warmup_steps = round(warmup * steps)
    rest = max(1, steps - warmup_steps)
    after: float | LearningRateSchedule = {
        "constant": peak,
        "cosine": CosineDecay(peak, rest),
        "polynomial": PolynomialDecay(peak, rest, end_learning_rate=0.0),
    }[stage.schedule]
    return WarmUp(after, warmup_steps) if warmup_steps else after


def momentum_schedule(stage: Stage, steps: int) -> LearningRateSchedule | None:
    """Returns the momentum of a stage: 0.95, down to 0.85 and back, for a one-cycle.

    It is the momentum of SGD and the first beta of Adam and its like.

    Args:
        stage: the `Stage`.
        steps: int, the training steps of the whole stage.

    Returns:
        A Keras schedule, or None when the stage leaves the optimizer's momentum alone.

    Example:

    >>> from kerastune.tuning import Stage
    >>> stage = Stage("one", 1, learning_rate=1.0, schedule="one_cycle")
    >>> schedule = momentum_schedule(stage, steps=4)
    >>> [round(float(schedule(step)), 3) for step in range(5)]
    [0.95, 0.85, 0.875, 0.925, 0.95]
    """
    if stage.schedule != "one_cycle":
        return None
    return OneCycle(*ONE_CYCLE_MOMENTA, steps, _warmup(stage))


def learning_rates(stage: Stage, steps: int) -> np.ndarray:
    """Returns the learning rate of each step of a stage, for pictures and tables.

    Args:
        stage: the `Stage`.
        steps: int, the training steps of the whole stage.

    Returns:
        float32 array of shape `(steps,)`.

    Example:

    >>> from kerastune.tuning import Stage
    >>> learning_rates(Stage("one", 1, 1.0, schedule="polynomial"), steps=4).tolist()
    [1.0, 0.75, 0.5, 0.25]
    """
    rate = given_rate(stage)
    if isinstance(rate, LearningRateSchedule):
        # Many, also of Keras, take one step and not an array of them.
        return at_each_step(rate, steps)
    schedule = learning_rate_schedule(stage, steps)
    rates = value_at(schedule, ops.arange(steps, dtype="float32"))
    return np.broadcast_to(ops.convert_to_numpy(rates), (steps,))


def _warmup(stage: Stage) -> float:
    """Returns the share of a stage's steps in which its rate rises."""
    return _WARMUPS.get(stage.schedule, 0.0) if stage.warmup is None else stage.warmup
