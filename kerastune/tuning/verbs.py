"""The verbs: freeze, unfreeze, freeze up to a layer group."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kerastune.errors import InputError, closest
from kerastune.tuning.freezing.frozen_state import moving_state
from kerastune.tuning.freezing.in_training import refuse_in_training
from kerastune.tuning.freezing.self_frozen import refuse_self_frozen
from kerastune.tuning.freezing.trainability import set_trainable
from kerastune.tuning.groups.grouping import layer_groups
from kerastune.tuning.patterns.matching import match
from kerastune.tuning.tables.resolving import trainability_table
from kerastune.tuning.tables.rows import PlanTable

if TYPE_CHECKING:
    import keras


def freeze(
    model: "keras.Model",
    pattern: str = "backbone",
    *,
    batch_norm: str = "inference",
    dropout: str = "on",
) -> PlanTable:
    """Freezes the weights that a pattern names; what else trains or not stays so.

    A compiled model is compiled again with the same settings, because Keras would
    otherwise go on training the weights without a word (TensorFlow) or fail (JAX). The
    optimizer goes on: it keeps the step, and what it remembers of the weights that still
    train. Weights that take no part in what the model computes never train.

    Frozen weights stay the same bit for bit. A layer that changes its own weights in `call`
    runs in inference mode while it is frozen, or a weight of it is.

    Keras saves with a model which layers train, and not which of their variables: after
    loading one in which a part of a layer was frozen, freeze again.

    Args:
        model: a built Keras model.
        pattern: str, see `kerastune.tuning.match`. Defaults to `"backbone"`.
        batch_norm: str, how batch normalization runs where it is frozen. `"inference"`:
            with its moving statistics, and nothing changes, which is what Keras does in
            layers that are not trainable. `"affine"`: on the statistics of the batch;
            scale and offset train and the moving statistics are updated, which is
            fastai's default (`train_bn=True`). `"statistics"`: on the statistics of the
            batch; the moving ones are updated, scale and offset are frozen. It is about
            all batch normalization that is frozen after the call, and each call says it
            anew. Defaults to `"inference"`.
        dropout: str, dropout in frozen layers: `"on"` while training, the default of
            Keras and fastai, or `"off"`, so that a frozen part computes the same
            features at every step; a model saved meanwhile is saved without it. Defaults
            to `"on"`.

    Returns:
        A `PlanTable` of what trains now, for printing.

    Raises:
        NoMatchError: if the pattern matches nothing.
        InputError: if a mode is unknown, the model is being trained, or a layer that is to be
            frozen changes its weights in a `call` that takes no `training`.

    Example:

    >>> import keras
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> model = keras.Sequential([body, keras.layers.Dense(1, name="logits")])
    >>> [(row.group, row.trainable) for row in freeze(model, "backbone").rows]
    [('body', 0), ('head', 4)]
    """
    frozen = {id(variable) for variable in match(model, pattern)}
    training = [variable for variable in _training_now(model) if id(variable) not in frozen]
    return _change(model, training, batch_norm, dropout)


def unfreeze(
    model: "keras.Model",
    pattern: str = "all",
    *,
    batch_norm: str = "inference",
    dropout: str = "on",
) -> PlanTable:
    """Lets the weights that a pattern names train; what else trains or not stays so.

    A compiled model is compiled again, as by `freeze`. For weights that join, the
    optimizer starts from nothing, bias corrections included. What a layer keeps frozen
    itself, such as the base of LoRA or a quantized kernel, stays frozen.

    Args:
        model: a built Keras model.
        pattern: str, see `kerastune.tuning.match`. Defaults to `"all"`.
        batch_norm: str, as for `freeze`, for what stays frozen.
        dropout: str, as for `freeze`, for what stays frozen.

    Returns:
        A `PlanTable` of what trains now, for printing.

    Raises:
        NoMatchError: if the pattern matches nothing.
        InputError: if a mode is unknown, the model is being trained, or the pattern names
            nothing but what layers keep frozen.

    Example:

    >>> import keras
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> model = keras.Sequential([body, keras.layers.Dense(1, name="logits")])
    >>> _ = freeze(model, "all")
    >>> [(row.group, row.trainable) for row in unfreeze(model, "bias").rows]
    [('body', 3), ('head', 1)]
    """
    named = match(model, pattern)
    refuse_self_frozen(model, pattern, named)
    training = [*_training_now(model), *named]
    return _change(model, training, batch_norm, dropout)


def freeze_to(
    model: "keras.Model",
    group: str | int,
    *,
    batch_norm: str = "inference",
    dropout: str = "on",
) -> PlanTable:
    """Freezes the layer groups before one; that one and those after it train.

    Args:
        model: a built Keras model.
        group: str, the name of a group of `layer_groups`, or int, its position; -1 is
            the last group, as in fastai.
        batch_norm: str, as for `freeze`.
        dropout: str, as for `freeze`.

    Returns:
        A `PlanTable` of what trains now, for printing.

    Raises:
        InputError: if there is no such group, a mode is unknown, or the model is being
            trained.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    >>> [row.trainable for row in freeze_to(model, -1).rows]
    [0, 4]
    """
    groups = layer_groups(model)
    names = list(groups)
    if isinstance(group, int) and -len(names) <= group < len(names):
        first = range(len(names))[group]
    elif group in names:
        first = names.index(str(group))
    else:
        raise InputError(
            f"Expected a layer group out of {names}, or its position. Received: {group!r}."
            + closest(str(group), names)
        )
    late = {id(variable) for name in names[first:] for variable in groups[name]}
    training = [variable for variable in match(model, "all") if id(variable) in late]
    return _change(model, training, batch_norm, dropout)


def _training_now(model: "keras.Model") -> "list[keras.Variable]":
    """Returns the variables that train, with the state of layers that are not frozen."""
    return [*model.trainable_variables, *moving_state(model)]


def _change(
    model: "keras.Model", training: "Iterable[keras.Variable]", batch_norm: str, dropout: str
) -> PlanTable:
    """Sets what trains, let a compiled model know, and show it."""
    from kerastune.backends.optimizers import recompile

    refuse_in_training(
        model,
        "Call it between two calls of `fit`, or give what trains when to a plan for "
        "`kerastune.fine_tune`: `Stage(..., trainable=...)` for each part",
    )
    used = {id(variable) for variable in match(model, "all")}
    chosen = [variable for variable in training if id(variable) in used]
    set_trainable(model, chosen, batch_norm=batch_norm, dropout=dropout)
    if model.compiled:
        recompile(model)
    return trainability_table(model)
