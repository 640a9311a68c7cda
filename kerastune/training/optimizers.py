"""The optimizer of a stage, from Keras' own optimizers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras

from kerastune.backends.optimizers import LayerwiseUpdates, layerwise_optimizer, restarted
from kerastune.tuning.layerwise_rates import ONE_DIMENSIONAL, treatments, undecayed_ids
from kerastune.tuning.multipliers import stage_multipliers
from kerastune.tuning.schedules import learning_rate_schedule, momentum_schedule

if TYPE_CHECKING:
    from kerastune.tuning import Stage


def _muon(weight_decay: float | None, **settings: Any) -> keras.optimizers.Optimizer:
    """Muon for matrices, and Adam for the rest, at one rate and one decay."""
    return keras.optimizers.Muon(
        weight_decay=weight_decay, adam_weight_decay=weight_decay, **settings
    )


def _sgd(**settings: Any) -> keras.optimizers.Optimizer:
    """Stochastic gradient descent with the usual momentum."""
    return keras.optimizers.SGD(momentum=0.9, **settings)


# Keras' Adam decays weights apart from the gradients, which is AdamW, and does without
# decay, which Keras' AdamW does not.
_OPTIMIZERS: dict[str, Callable[..., keras.optimizers.Optimizer]] = {
    "adamw": keras.optimizers.Adam,
    "sgd": _sgd,
    "lion": keras.optimizers.Lion,
    "rmsprop": keras.optimizers.RMSprop,
    "adafactor": keras.optimizers.Adafactor,
    "muon": _muon,
}
_WITH_MOMENTUM = ("adamw", "sgd", "lion")


def stage_optimizer(
    model: keras.Model,
    stage: "Stage",
    steps: int,
    former: keras.optimizers.Optimizer | None = None,
) -> LayerwiseUpdates:
    """The optimizer of a stage, built for what trains.

    Args:
        model: a built Keras model, in which the stage's weights are trainable.
        stage: the `Stage`. `"adamw"` is Adam with decoupled weight decay, `"sgd"` is
            stochastic gradient descent with momentum 0.9; the others are as Keras sets
            them. Variables with fewer than two dimensions, which are biases and the
            weights of normalization layers, are left out of weight decay. A one-cycle
            moves the momentum of `"adamw"`, `"sgd"` and `"lion"`.
        steps: int, the training steps of the whole stage.
        former: the optimizer of the stage before, if it is of the same kind. What it
            remembers of variables that go on training is taken over.

    Returns:
        A Keras optimizer whose steps count from 0.

    Example:

    >>> from kerastune.tuning import Stage
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> optimizer = stage_optimizer(model, Stage("one", 1, 0.1, optimizer="sgd"), 10)
    >>> isinstance(optimizer, keras.optimizers.SGD), optimizer.built
    (True, True)
    """
    plain = _OPTIMIZERS[stage.optimizer](
        learning_rate=learning_rate_schedule(stage, steps),
        weight_decay=stage.weight_decay or None,
        global_clipnorm=stage.clip_norm,
    )
    undecayed = undecayed_ids(model, ONE_DIMENSIONAL)
    optimizer = layerwise_optimizer(
        plain,
        treatments(stage_multipliers(model, stage), undecayed),
        momentum_schedule(stage, steps) if stage.optimizer in _WITH_MOMENTUM else None,
    )
    return restarted(former, optimizer, model)
