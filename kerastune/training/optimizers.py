"""The optimizer of a stage, from Keras' own optimizers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras

from kerastune.backends.compilation import copy_optimizer
from kerastune.backends.optimizers import (
    LayerwiseUpdates,
    exclusions,
    layerwise_optimizer,
    restarted,
    variable_settings_of,
)
from kerastune.tuning.plans.optimizer_names import named_optimizer
from kerastune.tuning.pruning.targets import sparsities
from kerastune.tuning.rates.layerwise import ONE_DIMENSIONAL, undecayed_ids, variable_settings
from kerastune.tuning.rates.multipliers import stage_multipliers
from kerastune.tuning.rates.schedules import learning_rate_schedule, momentum_schedule

if TYPE_CHECKING:
    from kerastune.tuning import Pruning, Stage


# Those whose `beta_1` is the momentum. That of SGD has another name, and may be none.
_WITH_BETA = (
    keras.optimizers.Adam,
    keras.optimizers.Adamax,
    keras.optimizers.Lamb,
    keras.optimizers.Lion,
    keras.optimizers.Nadam,
)


def stage_optimizer(
    model: keras.Model,
    stage: "Stage",
    steps: int,
    former: keras.optimizers.Optimizer | None = None,
    ages: Sequence[int] | None = None,
    pruned_before: "Sequence[Pruning]" = (),
) -> LayerwiseUpdates:
    """The optimizer of a stage, built for what trains.

    Args:
        model: a built Keras model, in which the stage's weights are trainable.
        stage: the `Stage`. `"adamw"` is Adam with decoupled weight decay, `"momentum"`
            is stochastic gradient descent with momentum 0.9; the others are as Keras sets
            them, and an object is as it was made. Variables with fewer than two dimensions,
            which are biases and the weights of normalization layers, are left out of weight
            decay, unless the `exclude_from_weight_decay` of an object was called: then that
            alone holds. A one-cycle moves the momentum of Adam, AdamW, Adamax, Lamb, Lion,
            Nadam, and SGD made with one, whatever it was made with.
        steps: int, the training steps of the whole stage.
        former: the optimizer of the stage before, if it is of the same kind. What it
            remembers of variables that go on training is taken over.
        ages: sequence of int, the updates that each weight of the model had before the stage, of
            a stage that goes on from a checkpoint. Defaults to what `former` tells.
        pruned_before: sequence of the `Pruning` of the stages before, whose zeros stay. Defaults
            to none.

    Returns:
        A Keras optimizer whose steps count from 0.

    Example:

    >>> from kerastune.tuning import Stage
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> optimizer = stage_optimizer(model, Stage("one", 1, 0.1, optimizer="momentum"), 10)
    >>> isinstance(optimizer, keras.optimizers.SGD), optimizer.built
    (True, True)
    """
    plain = _plain_optimizer(stage, steps)
    optimizer = layerwise_optimizer(
        plain,
        variable_settings(
            stage_multipliers(model, stage),
            _undecayed(model, plain),
            sparsities=sparsities(model, stage.pruning, pruned_before),
        ),
        momentum_schedule(stage, steps) if _has_momentum(plain) else None,
        average_momentum=stage.ema,
        mask_schedule=None if stage.pruning is None else stage.pruning.schedule(steps),
    )
    if ages is not None:
        known = {id(weight): age for weight, age in zip(model.weights, ages, strict=True)}
        optimizer.variable_settings = optimizer.variable_settings.with_ages(known)
    return restarted(former, optimizer, model)


def _plain_optimizer(stage: "Stage", steps: int) -> keras.optimizers.Optimizer:
    """The optimizer of a stage, without rates by layer."""
    rate = learning_rate_schedule(stage, steps)
    if isinstance(stage.optimizer, str):
        return named_optimizer(
            stage.optimizer,
            learning_rate=rate,
            weight_decay=stage.weight_decay or None,
            global_clipnorm=stage.clip_norm,
            # Keras takes no 1, which is what it does without.
            gradient_accumulation_steps=(
                None if stage.accumulate_gradients == 1 else stage.accumulate_gradients
            ),
        )
    optimizer = copy_optimizer(stage.optimizer)
    optimizer.learning_rate = rate
    return optimizer


def _undecayed(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> set[int]:
    """The ids of the weights that do not decay."""
    excluded = {
        id(weight)
        for weight, settings in zip(
            model.weights, variable_settings_of(optimizer, model).values(), strict=True
        )
        if not settings.decays
    }
    if exclusions(optimizer) is None:
        excluded |= undecayed_ids(model, ONE_DIMENSIONAL)
    return excluded


def _has_momentum(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether a one-cycle can move a momentum."""
    if isinstance(optimizer, keras.optimizers.SGD):
        return bool(optimizer.momentum)
    return isinstance(optimizer, _WITH_BETA)
