"""What trackers are told while a model trains."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np


class TrackedEpochs(keras.callbacks.Callback):
    """Tells the numbers of each epoch, at the steps of all stages so far.

    Checkpoints hold how many steps there were, so that curves of a run that goes on do too.

    Args:
        tell: function of a dictionary of numbers and a step.

    Example:

    >>> epochs = TrackedEpochs(lambda values, step: print(values, step))
    >>> epochs.on_train_batch_end(0)
    >>> epochs.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.75})
    {'training/loss': 0.5, 'validation/loss': 0.75, 'epoch': 1} 1
    """

    def __init__(self, tell: Callable[[Mapping[str, float], int], None]) -> None:
        super().__init__()
        self._tell = tell
        self.steps = 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Count the step."""
        self.steps += 1

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Tell the numbers of the epoch."""
        values: dict[str, float] = {}
        for name, value in (logs or {}).items():
            if np.ndim(value) == 0:
                part = "validation" if name.startswith("val_") else "training"
                values[f"{part}/{name.removeprefix('val_')}"] = float(value)
        optimizer = getattr(getattr(self, "model", None), "optimizer", None)
        if optimizer is not None:
            values["training/learning_rate"] = float(
                keras.ops.convert_to_numpy(optimizer.learning_rate)
            )
        self._tell({**values, "epoch": epoch + 1}, self.steps)
