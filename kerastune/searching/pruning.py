"""Trials that are worse than others at the same epoch end early."""

from typing import TYPE_CHECKING, Any

from kerastune.backends.choice import select

select()

import keras

from kerastune.searching.optuna_library import import_optuna

if TYPE_CHECKING:
    from optuna.trial import Trial

    from kerastune.searching.goal import Goal


class Pruning(keras.callbacks.Callback):
    """Reports the metric of the validation samples after each epoch, and ends a trial by it.

    Where training does not measure the metric, the loss on the validation samples stands for it,
    unless the search changes what the loss is; else no trial ends early.

    Args:
        trial: an Optuna trial.
        goal: the `Goal`.
        may_use_loss: bool, whether the losses of two trials can be compared.

    Raises:
        optuna.TrialPruned: at the end of the epoch after which Optuna's pruner says so.

    Example:

    >>> from types import SimpleNamespace
    >>> from kerastune.searching.goal import Goal
    >>> told = []
    >>> trial = SimpleNamespace(report=lambda *one: told.append(one), should_prune=lambda: False)
    >>> pruning = Pruning(trial, Goal("accuracy"), may_use_loss=True)
    >>> pruning.on_epoch_end(0, {"val_accuracy": 0.5, "val_loss": 0.7})
    >>> told
    [(0.5, 1)]
    """

    def __init__(self, trial: "Trial", goal: "Goal", *, may_use_loss: bool) -> None:
        super().__init__()
        self.epochs = 0
        self._trial = trial
        self._metric = f"val_{goal.metric}"
        self._loss_sign = (-1 if goal.higher_is_better else 1) if may_use_loss else None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Reports, and asks whether to go on."""
        # Of the whole plan: each stage counts its own from 0.
        self.epochs += 1
        found = logs or {}
        if self._metric in found:
            value = float(found[self._metric])
        elif self._loss_sign is not None and "val_loss" in found:
            value = self._loss_sign * float(found["val_loss"])
        else:
            return
        self._trial.report(value, self.epochs)
        if self._trial.should_prune():
            raise import_optuna().TrialPruned
