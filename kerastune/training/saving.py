"""Callbacks that save what could not be resumed rightly."""

from collections.abc import Sequence

import keras

from kerastune.backends import nested_layers
from kerastune.errors import InputError

_SAVING = (keras.callbacks.BackupAndRestore, keras.callbacks.ModelCheckpoint)


def refuse_broken_resume(model: keras.Model, callbacks: Sequence[keras.callbacks.Callback]) -> None:
    """Refuse to save a model with Keras' LoRA while it trains.

    Keras merges the adapters into the weights when it saves, draws new ones when it
    loads, and keeps the optimizer's moments of the old ones: training that is resumed
    from such a file goes on wrongly, without a word.

    Args:
        model: a built Keras model.
        callbacks: the Keras callbacks of a `fit`.

    Raises:
        InputError: if LoRA is enabled in the model and a callback saves it.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> refuse_broken_resume(model, [keras.callbacks.BackupAndRestore("backup")])
    >>> model.layers[0].enable_lora(rank=2)
    >>> refuse_broken_resume(model, [keras.callbacks.BackupAndRestore("backup")])
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected no callback that saves a model in the middle ...
    """
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
