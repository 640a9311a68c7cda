"""Averaged weights in their place: in validation, for what keeps weights, and at the end."""

from typing import Any

import keras

from kerastune.backends.optimizers import inner_optimizer, weight_averages


class AveragedWeights(keras.callbacks.Callback):
    """Puts the averages that the optimizer keeps in place of the weights while none trains.

    They are there in each validation, for the callbacks after this one at the end of an
    epoch, such as `EarlyStopping` and `ModelCheckpoint`, and after `fit`. Training goes on
    from the weights themselves.

    Example:

    See `kerastune.Stage(ema=...)`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._trained: list[Any] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Go on from the weights themselves."""
        if self._trained:
            for (weight, _), trained in zip(self._averages(), self._trained, strict=True):
                weight.assign(trained)
            self._trained = []

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Validate the averages."""
        self._use_averages()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Show the averages, also where nothing is validated."""
        self._use_averages()

    def _use_averages(self) -> None:
        """Put the averages in place, unless they are."""
        if self._trained:
            return
        pairs = self._averages()
        # Buffers of their own: JAX gives away those of what it trains.
        self._trained = [keras.ops.copy(weight) for weight, _ in pairs]
        for weight, average in pairs:
            weight.assign(keras.ops.copy(average))

    def _averages(self) -> list[tuple[keras.Variable, keras.Variable]]:
        """The weights that train, and their averages."""
        return weight_averages(inner_optimizer(self.model.optimizer))
