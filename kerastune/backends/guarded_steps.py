"""Training steps that leave nothing behind where they are not finite, and tell that they did."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kerastune.backends.choice import select

select()

import keras
from keras import ops

from kerastune.backends.layers import nested_layers
from kerastune.backends.optimizers.finite_updates import FiniteUpdates
from kerastune.backends.own_state import own_variables


@contextmanager
def guarded_steps(model: keras.Model) -> Iterator[None]:
    """Leaves a model as it is in steps of `fit` whose loss or gradient is not finite.

    The loss that `fit` reports of such a step is not finite. Weights, what the optimizer holds,
    metrics, the statistics of normalization layers and the seeds of layers that draw are after it
    as before it. Of a model with a `train_step` of its own only the first two are. An optimizer
    that scales its loss, which leaves out steps by itself, stays as it is. So does one that
    updates variables on several devices of TensorFlow: there nothing is left out.

    Args:
        model: a model that is compiled with an optimizer of `kerastune.backends.optimizers`.

    Yields:
        None.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> with guarded_steps(model):
    ...     _ = model.fit(ops.ones((4, 2)), ops.ones((4, 1)), verbose=0)
    """
    optimizer = model.optimizer
    if not isinstance(optimizer, FiniteUpdates) or _is_mirrored():
        yield
        return
    optimizer.is_guarded = True
    is_marked = has_keras_step(model) and bool(model.trainable_variables)
    if is_marked:
        marked = _marked_stateless if select() == "jax" else _marked
        # Not as Keras sets attributes, which it would track.
        former = vars(model).get("train_step")
        object.__setattr__(model, "train_step", marked(model, model.train_step))
    try:
        yield
    finally:
        optimizer.is_guarded = False
        if is_marked:
            object.__delattr__(model, "train_step")
            if former is not None:
                object.__setattr__(model, "train_step", former)
        model.train_function = None  # It has been compiled with the guard.


def _is_mirrored() -> bool:
    """Whether TensorFlow merges what several devices do, which it cannot inside a branch."""
    if select() != "tensorflow":
        return False
    import tensorflow as tf

    return bool(tf.distribute.has_strategy())


def has_keras_step(model: keras.Model) -> bool:
    """Returns whether a model is trained by the steps of Keras, and not by its own.

    Args:
        model: a Keras model.

    Example:

    >>> has_keras_step(keras.Sequential([keras.layers.Dense(1)]))
    True
    """
    return type(model).train_step.__module__.startswith("keras.")


def _marked(model: keras.Model, step: Any) -> Any:
    """A step that changes variables in place."""
    moved = _moved_by_calls(model)

    def train_step(data: Any) -> Any:
        iterations = model.optimizer._iterations
        kept = [*moved, *model.metrics_variables]
        former = [ops.copy(variable.value) for variable in kept]
        known = {id(variable) for variable in kept}
        before = ops.copy(iterations.value)
        logs = step(data)
        is_done = ops.not_equal(iterations.value, before)
        for variable, value in zip(kept, former, strict=True):
            variable.assign(ops.where(is_done, variable.value, value))
        for variable in model.metrics_variables:  # Those that the first step has made.
            if id(variable) not in known:
                variable.assign(ops.where(is_done, variable.value, ops.zeros_like(variable.value)))
        return _marked_logs(logs, is_done)

    return train_step


def _marked_stateless(model: keras.Model, step: Any) -> Any:
    """A step from all variables to all variables."""

    def train_step(state: Any, data: Any) -> Any:
        _, former_moved, optimizer_values, former_metrics = state
        logs, (trained, moved, optimizer_new, metrics) = step(state, data)
        places = [id(variable) for variable in model.optimizer.variables]
        place = places.index(id(model.optimizer._iterations))
        is_done = ops.not_equal(optimizer_new[place], optimizer_values[place])

        def chosen(new: Any, former: Any) -> Any:
            pairs = zip(new, former, strict=True)
            return [one if one is old else ops.where(is_done, one, old) for one, old in pairs]

        state = (
            trained,
            chosen(moved, former_moved),
            optimizer_new,
            chosen(metrics, former_metrics),
        )
        return _marked_logs(logs, is_done), state

    return train_step


def _marked_logs(logs: Any, is_done: Any) -> Any:
    """What a step reports, with NaN as a loss that is finite though the step was left out."""
    loss = logs["loss"]
    left_out = ops.where(ops.isfinite(loss), ops.cast(float("nan"), loss.dtype), loss)
    return {**logs, "loss": ops.where(is_done, loss, left_out)}


def _moved_by_calls(model: keras.Model) -> list[keras.Variable]:
    """The variables that layers move while they are called, and not the weights that are frozen.

    Nor are they the statistics of a batch normalization that is frozen, which stay: to copy those
    of a ResNet50 takes TensorFlow longer than a step of a head on kept features.
    """
    staying: set[int] = set()
    for layer in (model, *nested_layers(model)):
        trained, state = own_variables(layer)
        staying.update(map(id, trained))
        if type(layer) is keras.layers.BatchNormalization and not layer.trainable:
            staying.update(map(id, state))
    return [variable for variable in model.non_trainable_variables if id(variable) not in staying]
