"""Callbacks that save what could not be resumed rightly."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras

from kerastune.backends import nested_layers
from kerastune.errors import InputError

if TYPE_CHECKING:
    from kerastune.tuning import Plan

_SAVING = (keras.callbacks.BackupAndRestore, keras.callbacks.ModelCheckpoint)


def refuse_broken_resume(
    model: keras.Model, plan: "Plan", callbacks: Sequence[keras.callbacks.Callback]
) -> None:
    """Refuse to save a model while it trains where going on from that would be wrong.

    With LoRA, Keras merges the adapters into the weights when it saves, draws new ones when
    it loads, and keeps the optimizer's moments of the old ones. `BackupAndRestore` knows the
    epoch, and neither the stage nor the step in it: each stage of a plan would start from
    the backup of another, and stages in steps would be too long.

    Args:
        model: a built Keras model.
        plan: the `Plan`, whose stages may have callbacks too.
        callbacks: the Keras callbacks of all stages.

    Raises:
        InputError: if LoRA is enabled in the model and a callback saves it, or there is a
            `BackupAndRestore` and the plan is more than one stage of whole epochs.

    Example:

    >>> from kerastune.tuning import full
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> plan, callbacks = full(1, 0.1), [keras.callbacks.BackupAndRestore("backup")]
    >>> refuse_broken_resume(model, plan, callbacks)
    >>> model.layers[0].enable_lora(rank=2)
    >>> refuse_broken_resume(model, plan, callbacks)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected no callback that saves a model in the middle ...
    """
    callbacks = [*callbacks, *(callback for stage in plan.stages for callback in stage.callbacks)]
    saving = [type(callback).__name__ for callback in callbacks if isinstance(callback, _SAVING)]
    adapted = [
        layer.name for layer in nested_layers(model) if getattr(layer, "lora_enabled", False)
    ]
    if saving and adapted:
        raise InputError(
            "Expected no callback that saves a model in the middle of training with LoRA, which "
            f"Keras cannot resume: it merges the adapters. Received: {saving[0]}, and LoRA in "
            f"{adapted[0]!r}. Leave the callback out, and save the model when it is trained"
        )
    backups = [each for each in callbacks if isinstance(each, keras.callbacks.BackupAndRestore)]
    is_whole = len(plan.stages) == 1 and plan.stages[0].steps is None
    if backups and not (is_whole and all(each.save_freq == "epoch" for each in backups)):
        raise InputError(
            "Expected no BackupAndRestore in a plan, unless it saves each epoch and the plan is "
            "one stage of epochs: it knows neither stages nor steps. Received: "
            f"BackupAndRestore in the plan {plan.name!r} of {len(plan.stages)} "
            f"stage{'s' * (len(plan.stages) != 1)}. Leave it out, and save with ModelCheckpoint"
        )
