"""Compiling a model again after what trains has changed, without losing what was learnt."""

from dataclasses import replace
from typing import Any

import keras

from kerastune.backends.optimizers.layerwise import LayerwiseUpdates, Treatment, layerwise_optimizer
from kerastune.backends.optimizers.slots import carry_shared_state, carry_slots


def recompile(model: keras.Model) -> None:
    """Compile a model again as it was compiled, for what trains now.

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
    former = model.optimizer
    scaling = isinstance(former, keras.optimizers.LossScaleOptimizer)
    optimizer = successor(former.inner_optimizer if scaling else former, model)
    if scaling:
        optimizer = keras.optimizers.LossScaleOptimizer(
            optimizer, former.initial_scale, former.dynamic_growth_steps
        )
        if former.built:
            optimizer.build(model.trainable_variables)
            carry_shared_state(former, optimizer)
    # Past a `compile` of a subclass, whose arguments nobody knows.
    keras.Model.compile(
        model, optimizer=optimizer, auto_scale_loss=False, **compiled_arguments(model)
    )


def successor(
    former: keras.optimizers.Optimizer,
    model: keras.Model,
    treatments: dict[str, Treatment] | None = None,
) -> LayerwiseUpdates:
    """An optimizer that goes on where another is, for what trains now.

    Args:
        former: a Keras optimizer.
        model: the model that it trains.
        treatments: dictionary from path to how a variable is treated. Defaults to how
            `former` treats it, see `treatments_of`.

    Returns:
        A layer-wise optimizer, built if `former` is.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> successor(keras.optimizers.SGD(0.5), model).built
    False
    """
    treatments = dict(treatments_of(former, model) if treatments is None else treatments)
    if former.built:
        # What joins now has had as many updates as the optimizer has counted too many.
        late = -int(keras.ops.convert_to_numpy(former.iterations))
        known = {former._var_key(variable) for variable in former._trainable_variables}
        for variable in model.trainable_variables:
            if former._var_key(variable) not in known:
                treatments[variable.path] = replace(treatments[variable.path], age=late)
    optimizer: Any = layerwise_optimizer(
        former, treatments, getattr(former, "momentum_schedule", None)
    )
    if former.built:
        optimizer.build(model.trainable_variables)
        carry_slots(former, optimizer)
        carry_shared_state(former, optimizer)
    return optimizer


def treatments_of(
    optimizer: keras.optimizers.Optimizer, model: keras.Model
) -> dict[str, Treatment]:
    """How an optimizer treats the variables of a model, those that do not train included.

    Args:
        optimizer: a Keras optimizer.
        model: a built Keras model.

    Returns:
        Dictionary from the path of a variable to its `Treatment`.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    >>> optimizer = keras.optimizers.AdamW()
    >>> optimizer.exclude_from_weight_decay(var_names=["bias"])
    >>> [treatment.decays for treatment in treatments_of(optimizer, model).values()]
    [True, False]
    """
    if isinstance(optimizer, LayerwiseUpdates):
        return dict(optimizer.treatments)
    return {
        variable.path: Treatment(decays=optimizer._use_weight_decay(variable))
        for variable in model.variables
    }


def restarted(
    former: keras.optimizers.Optimizer | None, optimizer: LayerwiseUpdates, model: keras.Model
) -> LayerwiseUpdates:
    """An optimizer whose steps count from 0, which remembers what a former one learnt.

    Args:
        former: the built optimizer of the stage before, or None.
        optimizer: a layer-wise optimizer that is not built. It is built, and takes over
            the slots of the variables that both train; their bias corrections go on.
        model: the model that it trains.

    Returns:
        The optimizer.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> treatments = treatments_of(keras.optimizers.SGD(), model)
    >>> restarted(None, layerwise_optimizer(keras.optimizers.SGD(), treatments), model).built
    True
    """
    if former is None:
        optimizer.build(model.trainable_variables)
        return optimizer
    steps = int(keras.ops.convert_to_numpy(former.iterations))
    known = treatments_of(former, model)
    optimizer.treatments = {
        **optimizer.treatments,
        **{
            variable.path: replace(
                optimizer.treatments[variable.path], age=steps + known[variable.path].age
            )
            for variable in former._trainable_variables
        },
    }
    optimizer.build(model.trainable_variables)
    carry_slots(former, optimizer)
    return optimizer


def trained_by(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    """The variables that an optimizer was built to train.

    Args:
        optimizer: a Keras optimizer.

    Returns:
        List of variables, empty if it is not built.

    Example:

    >>> trained_by(keras.optimizers.SGD())
    []
    """
    return list(optimizer._trainable_variables)


def compiled_arguments(model: keras.Model) -> dict[str, Any]:
    """What a model was compiled with, the optimizer left out.

    Args:
        model: a compiled Keras model.

    Returns:
        Dictionary of arguments of `model.compile`.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> compiled_arguments(model)["loss"]
    'mse'
    """
    arguments = dict(model._compile_config.config)
    del arguments["optimizer"]
    return arguments
