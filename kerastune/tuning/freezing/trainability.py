"""Trainability as a pure function of a pattern."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kerastune.backends import nested_layers
from kerastune.errors import InputError
from kerastune.tuning.freezing.dropout import restored_dropout, set_dropout
from kerastune.tuning.freezing.frozen_state import infer_in_frozen_layers
from kerastune.tuning.freezing.self_frozen import (
    refuse_self_frozen,
    remember_frozen,
    self_frozen_weights,
)
from kerastune.tuning.patterns.matching import match
from kerastune.tuning.plans.setting_types import BATCH_NORM_MODES, DROPOUT_MODES

if TYPE_CHECKING:
    import keras


def train_only(
    model: "keras.Model", pattern: str, *, batch_norm: str = "inference", dropout: str = "on"
) -> None:
    """Makes the weights that a pattern names trainable, and freeze all others.

    What was frozen before does not matter. The model is not compiled again: compile it
    before it trains.

    Args:
        model: a built Keras model.
        pattern: str, see `kerastune.tuning.match`.
        batch_norm: str, as for `freeze`.
        dropout: str, as for `freeze`.

    Raises:
        NoMatchError: if the pattern matches nothing.
        InputError: if a mode is unknown, or the pattern names nothing that can train.

    Example:

    >>> import keras
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> model = keras.Sequential([body, keras.layers.Dense(1, name="logits")], name="model")
    >>> train_only(model, "head")
    >>> [variable.path for variable in model.trainable_variables]
    ['model/logits/kernel', 'model/logits/bias']
    """
    named = match(model, pattern)
    refuse_self_frozen(model, pattern, named)
    set_trainable(model, named, batch_norm=batch_norm, dropout=dropout)
    if not model.trainable_variables:
        raise InputError(
            f"Expected a pattern of weights that can train in {model.name!r}. "
            f"Received: {pattern!r}, which names statistics alone"
        )


def set_trainable(
    model: "keras.Model",
    variables: "Iterable[keras.Variable]",
    *,
    batch_norm: str = "inference",
    dropout: str = "on",
) -> None:
    """Makes some variables trainable, and freeze all others.

    A layer with nothing left to train is frozen as a layer, so that frozen batch
    normalization uses its statistics and does not update them. So does any other layer that
    changes its own weights in `call`: while a weight of it is frozen, it runs in inference
    mode. What a layer freezes itself, such as the bases of LoRA, stays frozen. The model is
    not compiled again.

    Args:
        model: a built Keras model.
        variables: the variables that are to train. Those that never train, such as
            statistics, may be among them.
        batch_norm: str, as for `freeze`.
        dropout: str, as for `freeze`.

    Raises:
        InputError: if a mode is unknown, or a layer that is to be frozen changes its own weights
            and cannot be told that it does not train.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> set_trainable(model, model.weights[:1])
    >>> len(model.trainable_variables)
    1
    """
    import keras

    _check_modes(batch_norm, dropout)
    held = self_frozen_weights(model)
    # By identity, because several variables may have the same path.
    chosen = {id(variable) for variable in variables} - held
    infer_in_frozen_layers(model, chosen)
    # On TensorFlow, setting a layer to the value it has already does not reach the layers
    # and variables below it, so each layer is switched off and on again.
    layers = [model, *nested_layers(model)]
    for trainable in (False, True):
        for layer in layers:
            layer.trainable = trainable
    for weight in model.weights:
        if id(weight) in held:
            weight.trainable = False
    norms = [
        layer
        for layer in layers
        if isinstance(layer, keras.layers.BatchNormalization) and _is_left(layer, chosen)
    ]
    if batch_norm == "affine":
        chosen = chosen | {id(weight) for norm in norms for weight in norm.weights}
    for layer in reversed(layers):
        if _is_left(layer, chosen):
            layer.trainable = False
    for weight in model.trainable_variables:
        weight.trainable = id(weight) in chosen
    if batch_norm == "statistics":
        for norm in norms:
            norm.trainable = True
            for weight in norm.trainable_variables:
                weight.trainable = False
    remember_frozen(model, {id(weight) for weight in model.weights} - chosen - held)
    set_dropout(model, dropout)


def _check_modes(batch_norm: str, dropout: str) -> None:
    """Refuses unknown modes."""
    if batch_norm not in BATCH_NORM_MODES or dropout not in DROPOUT_MODES:
        raise InputError(
            f"Expected `batch_norm` out of {BATCH_NORM_MODES} and `dropout` out of "
            f"{DROPOUT_MODES}. Received: batch_norm={batch_norm!r}, dropout={dropout!r}"
        )


def _is_left(layer: "keras.Layer", chosen: set[int]) -> bool:
    """Returns whether a trainable layer has weights, and none of those that train is chosen."""
    # Some have nothing but their state, such as batch normalization without scale and offset.
    weights = layer.trainable_variables or layer.weights
    return bool(weights) and not any(id(weight) in chosen for weight in weights)


@contextmanager
def restored_trainability(model: "keras.Model") -> Iterator[None]:
    """Restores what is trainable at the end of a `with` block.

    Args:
        model: a built Keras model.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with restored_trainability(model):
    ...     model.trainable = False
    >>> len(model.trainable_variables)
    2
    """
    # Setting a layer sets all below it, so parents come before their children, and the
    # variables last.
    parts = [model, *nested_layers(model), *model.weights]
    before = [part.trainable for part in parts]
    try:
        with restored_dropout(model):
            yield
    finally:
        for part, trainable in zip(parts, before, strict=True):
            if part.trainable != trainable:
                part.trainable = trainable


def never_trained(model: "keras.Model") -> set[int]:
    """Returns the weights that do not train even when everything does, such as statistics.

    What a layer keeps frozen, such as the base of LoRA, is not among them: it is frozen.

    Args:
        model: a built Keras model.

    Returns:
        The `id` of each such weight of `model.weights`.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization()])
    >>> never = never_trained(model)
    >>> [weight.name for weight in model.weights if id(weight) in never]
    ['moving_mean', 'moving_variance']
    """
    with restored_trainability(model):
        set_trainable(model, model.weights)
        able = {id(weight) for weight in model.trainable_variables}
    return {id(weight) for weight in model.weights} - able - self_frozen_weights(model)
