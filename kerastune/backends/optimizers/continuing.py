"""Compiling a model again after what trains has changed, without losing what was learnt."""

from typing import Any

import keras

from kerastune.backends.compilation import compiled_arguments, copy_at_rate, copy_optimizer
from kerastune.backends.optimizers.layerwise import LayerwiseUpdates, layerwise_optimizer
from kerastune.backends.optimizers.slots import carry_shared_state, carry_slots, slots
from kerastune.backends.optimizers.variable_settings import SettingsByVariable, VariableSettings


def recompile(model: keras.Model) -> None:
    """Compiles a model again as it was compiled, for what trains now.

    The optimizer is replaced by one of the same kind and settings that goes on: it keeps
    the step, the rate, and the slots of the variables that go on training. Variables that
    join start with empty slots, and their bias corrections count from now.

    Args:
        model: a compiled Keras model.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.SGD(0.5), "mse")
    >>> recompile(model)
    >>> float(model.optimizer.learning_rate)
    0.5
    """
    _compile_anew(model, successor(inner_optimizer(model.optimizer), model))


def recompile_at_rate(model: keras.Model, learning_rate: float) -> None:
    """Compiles a model again as it was compiled, with a constant learning rate.

    The optimizer is replaced by one with the same settings and memory, at the same step. A
    schedule of its rate, and one of its momentum, end.

    Args:
        model: a compiled Keras model, whose optimizer is a layer-wise one and built.
        learning_rate: float.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> schedule = keras.optimizers.schedules.CosineDecay(0.5, 10)
    >>> plain = keras.optimizers.SGD(schedule)
    >>> optimizer = layerwise_optimizer(plain, variable_settings_of(plain, model))
    >>> optimizer.build(model.trainable_variables)
    >>> model.compile(optimizer, "mse")
    >>> recompile_at_rate(model, 0.25)
    >>> float(model.optimizer.learning_rate), model.optimizer.is_scheduled
    (0.25, False)
    """
    former: Any = inner_optimizer(model.optimizer)
    optimizer: Any = layerwise_optimizer(
        copy_at_rate(former, learning_rate), variable_settings_of(former, model)
    )
    _go_on(former, optimizer, model)
    _compile_anew(model, optimizer)


def recompile_with(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> None:
    """Compiles a model again as it was compiled, with another optimizer, which may have a state.

    Args:
        model: a compiled Keras model.
        optimizer: a Keras optimizer for what trains now.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> recompile_with(model, keras.optimizers.Adam())
    >>> type(model.optimizer).__name__
    'Adam'
    """
    # Past a `compile` of a subclass, whose arguments nobody knows.
    keras.Model.compile(
        model, optimizer=optimizer, auto_scale_loss=False, **compiled_arguments(model)
    )


def _go_on(former: Any, optimizer: Any, model: keras.Model) -> None:
    """Builds an optimizer with the memory of a former one, at the same step."""
    optimizer.build(model.trainable_variables)
    carry_slots(former, optimizer)
    carry_shared_state(former, optimizer)


def _compile_anew(model: keras.Model, optimizer: Any) -> None:
    """Compiles a model again with a successor of its optimizer, which scales the loss as it did."""
    former = model.optimizer
    if former is not inner_optimizer(former):
        optimizer = keras.optimizers.LossScaleOptimizer(
            optimizer, former.initial_scale, former.dynamic_growth_steps
        )
        carry_loss_scale(former, optimizer, model)
    recompile_with(model, optimizer)


def inner_optimizer(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Returns the optimizer itself, without what Keras puts around it to scale the loss.

    Args:
        optimizer: a Keras optimizer.

    Returns:
        A Keras optimizer.

    Example:

    >>> optimizer = keras.optimizers.SGD()
    >>> inner_optimizer(keras.optimizers.LossScaleOptimizer(optimizer)) is optimizer
    True
    """
    return getattr(optimizer, "inner_optimizer", optimizer)


def carry_loss_scale(
    former: keras.optimizers.Optimizer | None,
    optimizer: keras.optimizers.Optimizer,
    model: keras.Model,
) -> None:
    """Lets an optimizer that scales its loss go on with the scale of a former one.

    Args:
        former: the optimizer before, or None.
        optimizer: the optimizer now. It is built if both scale their loss.
        model: the model that it trains.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> carry_loss_scale(None, keras.optimizers.SGD(), model)
    """
    kind = keras.optimizers.LossScaleOptimizer
    if isinstance(former, kind) and isinstance(optimizer, kind) and former.built:
        optimizer.build(model.trainable_variables)
        for name in ("dynamic_scale", "step_counter"):
            getattr(optimizer, name).assign(keras.ops.copy(getattr(former, name)))


def successor(
    former: keras.optimizers.Optimizer,
    model: keras.Model,
    variable_settings: SettingsByVariable | None = None,
) -> Any:
    """Returns an optimizer that goes on where another is, for what trains now.

    Args:
        former: a Keras optimizer.
        model: the model that it trains.
        variable_settings: the `SettingsByVariable` of the model. Defaults to those that
            `former` has, see `variable_settings_of`.

    Returns:
        A Keras optimizer, built if `former` is: of the same class if all variables are to be
        treated the same, else a layer-wise one.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> successor(keras.optimizers.SGD(0.5), model).built
    False
    """
    treats_all_the_same = variable_settings is None and not isinstance(former, LayerwiseUpdates)
    if variable_settings is None:
        variable_settings = variable_settings_of(former, model)
    if former.built:
        # What joins now has had as many updates as the optimizer has counted too many.
        late = -int(keras.ops.convert_to_numpy(former.iterations))
        known = {former._var_key(variable) for variable in former._trainable_variables}
        variable_settings = variable_settings.with_ages(
            {
                id(variable): late
                for variable in model.trainable_variables
                if former._var_key(variable) not in known
            }
        )
    if treats_all_the_same and not any(settings.age for settings in variable_settings.values()):
        optimizer: Any = copy_optimizer(former)
    else:
        optimizer = layerwise_optimizer(
            former, variable_settings, getattr(former, "momentum_schedule", None)
        )
    if former.built:
        _go_on(former, optimizer, model)
    return optimizer


def variable_settings_of(
    optimizer: keras.optimizers.Optimizer, model: keras.Model
) -> SettingsByVariable:
    """Returns the settings of an optimizer for all weights of a model, frozen ones included.

    Args:
        optimizer: a Keras optimizer.
        model: a built Keras model.

    Returns:
        The `SettingsByVariable`. Weights that the optimizer does not know, such as adapters that
        were added later, are treated as any optimizer would.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    >>> optimizer = keras.optimizers.AdamW()
    >>> optimizer.exclude_from_weight_decay(var_names=["bias"])
    >>> [settings.decays for settings in variable_settings_of(optimizer, model).values()]
    [True, False]
    """
    if isinstance(optimizer, LayerwiseUpdates):
        return SettingsByVariable.of(
            (weight, optimizer.settings_of(weight) or VariableSettings())
            for weight in model.weights
        )
    return SettingsByVariable.of(
        (weight, VariableSettings(decays=optimizer._use_weight_decay(weight)))
        for weight in model.weights
    )


def restarted(
    former: keras.optimizers.Optimizer | None, optimizer: LayerwiseUpdates, model: keras.Model
) -> LayerwiseUpdates:
    """Returns an optimizer whose steps count from 0, which remembers what a former one learnt.

    Args:
        former: the built optimizer of the stage before, or None.
        optimizer: a layer-wise optimizer that is not built. It is built, and takes over
            the slots of the variables that both train; their bias corrections go on.
        model: the model that it trains.

    Returns:
        The optimizer.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> variable_settings = variable_settings_of(keras.optimizers.SGD(), model)
    >>> restarted(None, layerwise_optimizer(keras.optimizers.SGD(), variable_settings), model).built
    True
    """
    if former is None:
        optimizer.build(model.trainable_variables)
        return optimizer
    steps = int(keras.ops.convert_to_numpy(former.iterations))
    known = variable_settings_of(former, model)
    optimizer.variable_settings = optimizer.variable_settings.with_ages(
        {
            id(variable): steps + settings.age
            for variable in former._trainable_variables
            if (settings := known.find(variable)) is not None
        }
    )
    optimizer.build(model.trainable_variables)
    carry_slots(former, optimizer)
    for accumulator in slots(optimizer).get("_accumulated_gradients", ()):
        if accumulator is not None:  # They count from the first step too.
            accumulator.assign(keras.ops.zeros(accumulator.shape, accumulator.dtype))
    return optimizer


def trained_variables(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    """Returns the variables that an optimizer was built to train.

    Args:
        optimizer: a Keras optimizer.

    Returns:
        List of variables, empty if it is not built.

    Example:

    >>> trained_variables(keras.optimizers.SGD())
    []
    """
    return list(optimizer._trainable_variables)
