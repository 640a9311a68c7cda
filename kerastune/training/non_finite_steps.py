"""What happens at a step whose loss or gradient is not finite."""

from math import isfinite
from typing import Any

import keras
import numpy as np

from kerastune.backends.guarded_steps import has_keras_step
from kerastune.errors import InputError
from kerastune.training.history import HistoryRecorder

ON_NON_FINITE = ("raise", "stop", "skip")

# A model that is broken would skip all steps that are left.
_MOST_IN_A_ROW = 10


class NonFiniteSteps(keras.callbacks.Callback):
    """Stops training at the first step that is not finite, or leaves out such steps.

    An optimizer that scales its loss leaves out steps that are not finite and goes on; then
    nothing is stopped.

    Args:
        recorder: the `HistoryRecorder` of the stage, which is a callback before this one.
        skips: bool, whether such steps are left out, up to ten in a row. Defaults to False.

    Example:

    >>> from kerastune.training.history import HistoryRecorder, TrainingHistory
    >>> NonFiniteSteps(HistoryRecorder(TrainingHistory(), "probe", [32])).has_stopped
    False
    """

    def __init__(self, recorder: HistoryRecorder, *, skips: bool = False) -> None:
        super().__init__()
        self.recorder = recorder
        self.skips = skips
        self.in_a_row = 0
        self.has_stopped = False

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """See what optimizer there is."""
        self._goes_on = scales_its_loss(self.model)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Look at the loss of the step."""
        if isfinite(self.recorder.history.step_loss[-1]):
            self.in_a_row = 0
            return
        # Asking for `self.model` makes Keras on JAX write its state back, which is slow.
        if self._goes_on:
            return
        self.in_a_row += 1
        if self.skips and self.in_a_row < _MOST_IN_A_ROW:
            self.recorder.leave_out()
            return
        self.has_stopped = self.model.stop_training = True


def check_on_non_finite(model: keras.Model, given: Any) -> None:
    """Raises unless a model can be trained so.

    Args:
        model: the model.
        given: what was given as `on_non_finite`.

    Raises:
        InputError: if there is no such choice, or steps cannot be left out.

    Example:

    >>> check_on_non_finite(keras.Sequential([keras.layers.Dense(1)]), "ignore")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected `on_non_finite` out of raise, stop, skip. ...
    """
    if given not in ON_NON_FINITE:
        raise InputError(
            f"Expected `on_non_finite` out of {', '.join(ON_NON_FINITE)}. Received: {given!r}"
        )
    if given == "skip" and not has_keras_step(model):
        raise InputError(
            "Expected a model that is trained by the steps of Keras, of which nothing stays when "
            f"they are left out. Received: on_non_finite='skip' for {model.name!r}, which has a "
            "`train_step` of its own. Take 'raise' or 'stop'"
        )


def scales_its_loss(model: keras.Model) -> bool:
    """Whether the optimizer of a model scales the loss, and leaves out steps that overflow.

    Args:
        model: a compiled Keras model.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("adam", "mse")
    >>> scales_its_loss(model)
    False
    """
    return isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)


def broken_weights(model: keras.Model) -> list[str]:
    """Returns the paths of the trained weights that hold a number that is not finite.

    Args:
        model: a built Keras model.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    >>> model.layers[0].bias.assign([float("nan")]) is None or broken_weights(model)
    ['sequential.../dense/bias']
    """
    weights = model.trainable_variables
    are_finite = keras.ops.stack([keras.ops.all(keras.ops.isfinite(one)) for one in weights])
    found = np.asarray(keras.ops.convert_to_numpy(are_finite))
    return [weight.path for weight, is_finite in zip(weights, found, strict=True) if not is_finite]
