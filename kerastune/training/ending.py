"""How a stage ends: after its epochs, after its steps, or when it stops improving."""

from typing import TYPE_CHECKING, Any

import keras

from kerastune.errors import InputError, closest

if TYPE_CHECKING:
    from kerastune.tuning import Stage


class StopAfterSteps(keras.callbacks.Callback):
    """Stops training after a number of steps.

    Args:
        steps: int, at least 1.

    Example:

    >>> StopAfterSteps(100).left
    100
    """

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.left = steps

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Count the step."""
        self.left -= 1
        if self.left <= 0:
            self.model.stop_training = True


class RequireMonitored(keras.callbacks.Callback):
    """Raises when what ends a stage is not measured; Keras only warns, and never ends it.

    Args:
        monitor: str, the name of a metric.

    Raises:
        InputError: after the first epoch, if there is no such metric.

    Example:

    >>> RequireMonitored("accuracy").on_epoch_end(0, {"loss": 0.5})
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected `monitor` out of ['loss']. Received: 'accuracy'...
    """

    def __init__(self, monitor: str) -> None:
        super().__init__()
        self.monitor = monitor

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Look for the metric."""
        measured = list(logs or {})
        if self.monitor not in measured:
            raise InputError(
                f"Expected `monitor` out of {measured}. Received: {self.monitor!r}."
                + closest(self.monitor, measured)
            )


def restored_best_weights(ending: list[keras.callbacks.Callback]) -> bool:
    """Whether a stage ended with the weights of an epoch before its last.

    Args:
        ending: what `ending_callbacks` gave, after `fit`.

    Example:

    >>> restored_best_weights([])
    False
    """
    return any(
        isinstance(callback, keras.callbacks.EarlyStopping) and callback.wait > 0
        for callback in ending
    )


def ending_callbacks(stage: "Stage", is_validated: bool) -> list[keras.callbacks.Callback]:
    """The callbacks that end a stage, new ones, so that no stage sees another's best value.

    A stage that stops early ends with the weights of its best epoch.

    Args:
        stage: the `Stage`.
        is_validated: bool, whether there are samples to validate on.

    Returns:
        List of Keras callbacks.

    Raises:
        InputError: if the stage monitors what is measured in validation, and there is none.

    Example:

    >>> from kerastune.tuning import Stage
    >>> stage = Stage("one", 9, 0.1, patience=2, monitor="loss")
    >>> [type(callback).__name__ for callback in ending_callbacks(stage, is_validated=False)]
    ['RequireMonitored', 'EarlyStopping']
    """
    callbacks: list[keras.callbacks.Callback] = []
    if stage.steps is not None:
        callbacks.append(StopAfterSteps(stage.steps))
    if stage.patience is not None:
        if stage.monitor.startswith("val_") and not is_validated:
            raise InputError(
                f"Expected samples for validation, which the stage {stage.name!r} monitors. "
                f"Received: none, and monitor={stage.monitor!r}. Give some, or monitor 'loss'"
            )
        callbacks += [
            RequireMonitored(stage.monitor),
            keras.callbacks.EarlyStopping(
                stage.monitor, patience=stage.patience, restore_best_weights=True
            ),
        ]
    return callbacks
