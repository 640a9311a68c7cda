"""The optimizer of a stage, from Keras' own optimizers and schedules."""

from typing import TYPE_CHECKING

import keras

if TYPE_CHECKING:
    from kerastune.tuning import Stage


def learning_rate_schedule(
    stage: "Stage", steps: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """The rate of each step of a stage: warm-up, then constant or a cosine to zero.

    Args:
        stage: the `Stage`.
        steps: int, the training steps of the whole stage.

    Returns:
        A Keras schedule.

    Example:

    >>> from kerastune.tuning import Stage
    >>> stage = Stage("one", 1, learning_rate=1.0, schedule="cosine", warmup=0.5)
    >>> schedule = learning_rate_schedule(stage, steps=4)
    >>> [round(float(schedule(step)), 2) for step in range(5)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    warmup_steps = round(stage.warmup * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup_steps else stage.learning_rate,
        warmup_target=stage.learning_rate if warmup_steps else None,
        warmup_steps=warmup_steps,
        decay_steps=max(1, steps - warmup_steps),
        # A cosine that ends at the full rate is the constant schedule.
        alpha=1.0 if stage.schedule == "constant" else 0.0,
    )


def stage_optimizer(
    stage: "Stage", steps: int, variables: list[keras.Variable]
) -> keras.optimizers.Optimizer:
    """A new optimizer for a stage.

    Args:
        stage: the `Stage`. `"adamw"` is Adam with decoupled weight decay and
            Keras' defaults, `"sgd"` is stochastic gradient descent with momentum 0.9.
        steps: int, the training steps of the whole stage.
        variables: list of the variables that train. Those with fewer than two
            dimensions, which are biases and the weights of normalization layers, are
            left out of weight decay.

    Returns:
        A Keras optimizer without state.

    Example:

    >>> from kerastune.tuning import Stage
    >>> type(stage_optimizer(Stage("one", 1, 0.1, optimizer="sgd"), 10, [])).__name__
    'SGD'
    """
    undecayed = [variable for variable in variables if len(variable.shape) < 2]
    # On PyTorch, Keras fails to decay when every variable is left out of it.
    decays = stage.weight_decay > 0 and len(undecayed) < len(variables)
    settings = {
        "learning_rate": learning_rate_schedule(stage, steps),
        "weight_decay": stage.weight_decay if decays else None,
        "global_clipnorm": stage.clip_norm,
    }
    if stage.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(momentum=0.9, **settings)
    else:
        # Keras' Adam decays weights apart from the gradients, which is AdamW, and does
        # without decay, which Keras' AdamW does not.
        optimizer = keras.optimizers.Adam(**settings)
    optimizer.exclude_from_weight_decay(var_list=undecayed)
    return optimizer
