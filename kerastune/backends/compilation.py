"""Compiling a model for a trial, and taking it back without a trace."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError, reason

if TYPE_CHECKING:
    import keras


@contextmanager
def compiled_with(model: "keras.Model", optimizer: "keras.optimizers.Optimizer") -> Iterator[None]:
    """Compiles a model with another optimizer, without metrics, inside a `with` block.

    Compiling the model again afterwards would not do: `fit` would have to trace its step
    anew, and would draw a batch to build the metrics where it had them built. So the
    attributes of the model are put back, which are all that `compile` and `fit` set:
    optimizer, loss, metrics, traced steps, history and `stop_training`.

    Args:
        model: a compiled Keras model.
        optimizer: the Keras optimizer to use instead of its own.

    Yields:
        None.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("adam", "mse")
    >>> with compiled_with(model, keras.optimizers.SGD()):
    ...     type(model.optimizer).__name__
    'SGD'
    >>> type(model.optimizer).__name__
    'Adam'
    """
    import keras

    attributes = vars(model)
    former = dict(attributes)
    arguments = compiled_arguments(model)
    try:
        # Past a `compile` of a subclass, whose arguments nobody knows.
        keras.Model.compile(
            model,
            optimizer=optimizer,
            loss=arguments["loss"],
            loss_weights=arguments["loss_weights"],
            metrics=[],
            run_eagerly=model.run_eagerly,
            jit_compile=model.jit_compile,
            auto_scale_loss=False,  # A copy of an optimizer that scales does so itself.
        )
        yield
    finally:
        for name in attributes.keys() - former.keys():
            del attributes[name]
        attributes.update(former)


def copy_at_rate(
    optimizer: "keras.optimizers.Optimizer", learning_rate: float
) -> "keras.optimizers.Optimizer":
    """Returns an optimizer with the settings of another, without its state, whose rate can be set.

    Args:
        optimizer: a Keras optimizer. It is not changed.
        learning_rate: float, in place of the rate or the schedule of the optimizer.

    Returns:
        A Keras optimizer of the same class.

    Raises:
        InputError: if the optimizer cannot be made again from its configuration.

    Example:

    >>> import keras
    >>> schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    >>> copy = copy_at_rate(keras.optimizers.SGD(schedule, momentum=0.9), 0.5)
    >>> float(copy.learning_rate), copy.momentum
    (0.5, 0.9)
    """
    return _remade(optimizer, lambda config: _at_rate(config, learning_rate))


def copy_optimizer(optimizer: "keras.optimizers.Optimizer") -> "keras.optimizers.Optimizer":
    """Returns an optimizer with the settings of another, without its state.

    Args:
        optimizer: a Keras optimizer. It is not changed.

    Returns:
        A Keras optimizer of the same class.

    Raises:
        InputError: if the optimizer cannot be made again from its configuration.

    Example:

    >>> import keras
    >>> copy_optimizer(keras.optimizers.SGD(momentum=0.9)).momentum
    0.9
    """
    return _remade(optimizer, lambda config: config)


def compiled_arguments(model: "keras.Model") -> dict[str, Any]:
    """Returns the arguments of `compile` but the optimizer.

    Args:
        model: a compiled Keras model.

    Returns:
        Dictionary of arguments of `model.compile`.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> compiled_arguments(model)["loss"]
    'mse'
    """
    arguments = dict(model._compile_config.config)
    del arguments["optimizer"]
    return arguments


def cannot_be_remade(optimizer: Any, error: Exception) -> InputError:
    """Returns the error for an optimizer that cannot be made again.

    Args:
        optimizer: a Keras optimizer.
        error: what its class raised.

    Example:

    >>> str(cannot_be_remade(0.5, TypeError("no rate")))
    'Expected an optimizer ... Received: float, where that fails: no rate'
    """
    return InputError(
        "Expected an optimizer that can be made again from its configuration. "
        f"Received: {type(optimizer).__name__}, where that fails: {reason(error)}"
    )


def with_own_schedule(config: dict[str, Any], optimizer: Any) -> dict[str, Any]:
    """Returns the configuration of an optimizer with its schedule itself, if it has one.

    A schedule may be of a class that Keras cannot read back.

    Args:
        config: dictionary, what `get_config` gave.
        optimizer: a Keras optimizer.

    Returns:
        Dictionary that `from_config` of the same class takes.

    Example:

    >>> import keras
    >>> optimizer = keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 100))
    >>> config = with_own_schedule(optimizer.get_config(), optimizer)
    >>> type(config["learning_rate"]).__name__
    'CosineDecay'
    """
    rate = getattr(optimizer, "_learning_rate", None)
    return {**config, "learning_rate": rate} if callable(rate) else config


def _remade(optimizer: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Returns an optimizer from the configuration of another, after a change."""
    try:
        config = with_own_schedule(optimizer.get_config(), optimizer)
        copy = type(optimizer).from_config(change(config))
    except (NotImplementedError, TypeError, ValueError) as error:
        raise cannot_be_remade(optimizer, error) from error
    _copy_exclusions(optimizer, copy)
    return copy


def _at_rate(config: Any, learning_rate: float) -> Any:
    """Returns a configuration with another rate, also in optimizers within the optimizer."""
    if isinstance(config, dict):
        return {
            key: learning_rate if key == "learning_rate" else _at_rate(value, learning_rate)
            for key, value in config.items()
        }
    return config


def _copy_exclusions(optimizer: Any, copy: Any) -> None:
    """Excludes from weight decay what is excluded, which no configuration holds."""
    while hasattr(optimizer, "inner_optimizer"):
        optimizer, copy = optimizer.inner_optimizer, copy.inner_optimizer
    if hasattr(optimizer, "_exclude_from_weight_decay"):
        copy._exclude_from_weight_decay = set(optimizer._exclude_from_weight_decay)
        copy._exclude_from_weight_decay_pattern = optimizer._exclude_from_weight_decay_pattern


def counts_passes(data: Any) -> bool:
    """Returns whether data is a `tf.data.Dataset` that keeps count of how often it was read.

    One that is shuffled anew each time does, and nothing can set its count. Datasets
    inside the functions of others (`flat_map`, `interleave`) are not seen.

    Args:
        data: anything.

    Returns:
        A bool.

    Example:

    >>> counts_passes([1, 2])
    False
    """
    if getattr(data, "_reshuffle_each_iteration", False):
        return True
    parents = getattr(data, "_inputs", None)
    return callable(parents) and any(counts_passes(parent) for parent in parents())


@contextmanager
def uncompiled(model: "keras.Model") -> Iterator[None]:
    """Takes the optimizer from a model inside a `with` block, so that it is saved without.

    Args:
        model: a Keras model, compiled or not. It is as before afterwards, its optimizer with
            its state and its traced steps included.

    Yields:
        None.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("adam", "mse")
    >>> with uncompiled(model):
    ...     model.compiled
    False
    >>> model.compiled
    True
    """
    attributes = vars(model)
    former = dict(attributes)
    # Past `__setattr__`, which tracks what it is given.
    attributes.update(compiled=False, optimizer=None, _compile_config=None)
    for name in ("_compile_loss", "_compile_metrics", "_loss_tracker"):
        if name in attributes:
            attributes[name] = None
    try:
        yield
    finally:
        for name in attributes.keys() - former.keys():
            del attributes[name]
        attributes.update(former)
