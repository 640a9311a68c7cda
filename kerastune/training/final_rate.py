"""The learning rate that a plan leaves behind."""

from typing import TYPE_CHECKING

import keras

from kerastune.backends.optimizers import inner_optimizer, recompile_at_rate
from kerastune.tuning.plans.described import given_rate
from kerastune.tuning.rates.schedules import learning_rates

if TYPE_CHECKING:
    from kerastune.tuning import Stage

# Schedules end near zero, where a `fit` that follows would learn nothing.
_SHARE = 0.1


def set_final_rate(model: keras.Model, stage: "Stage", planned: int, done: int) -> None:
    """Give a model a constant learning rate after the last stage of a plan.

    It is a tenth of the highest rate of the stage, or the rate at which the stage ended where
    that is higher; with what callbacks such as `ReduceLROnPlateau` made of it. Multipliers by
    layer, the optimizer's memory and its settings stay. A rate without a schedule stays as
    it is.

    Args:
        model: a model that the stage has trained. It is compiled again.
        stage: the `Stage`.
        planned: int, the steps that its schedule was made for.
        done: int, the steps that it trained for.

    Example:

    >>> from kerastune.tuning import Stage
    >>> from kerastune.training.optimizers import stage_optimizer
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> stage = Stage("all", epochs=1, learning_rate=0.5, schedule="cosine")
    >>> model.compile(stage_optimizer(model, stage, 10), "mse")
    >>> set_final_rate(model, stage, planned=10, done=10)
    >>> round(float(model.optimizer.learning_rate), 6)
    0.05
    """
    optimizer = inner_optimizer(model.optimizer)
    if not optimizer.is_scheduled or done == 0:
        return
    rates = learning_rates(stage, planned)[:done]
    given = given_rate(stage)
    highest = given if isinstance(given, (int, float)) else float(rates.max())
    rate = max(float(rates[-1]), _SHARE * highest) * optimizer.schedule_scale
    recompile_at_rate(model, rate)


def final_rate_message(model: keras.Model, stage: "Stage") -> str:
    """The learning rate that a plan has left, for people.

    Args:
        model: the model after the plan.
        stage: the last `Stage`.

    Returns:
        One line.

    Example:

    >>> from kerastune.tuning import Stage
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.SGD(0.5), "mse")
    >>> final_rate_message(model, Stage("all", 1, 0.5))
    "The optimizer is left at a constant learning rate of 0.5, after the stage 'all'. ..."
    """
    rate = float(keras.ops.convert_to_numpy(inner_optimizer(model.optimizer).learning_rate))
    return (
        f"The optimizer is left at a constant learning rate of {rate:.3g}, after the stage "
        f"{stage.name!r}. Set another: model.optimizer.learning_rate = ..."
    )
