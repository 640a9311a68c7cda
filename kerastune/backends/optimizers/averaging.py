"""A moving average of the weights, which the optimizer keeps.

The average is part of the update, and not of a callback: what an optimizer holds belongs to
the compiled step on every backend, is saved with it, and goes on from stage to stage. A
callback that asks for the weights after each batch makes Keras on JAX write its whole state
back and read it again, each time. A callback only puts the averages in place where they are
wanted: `kerastune.training.averaging`.

Keras' own rule gives the weights after the first move a share of the average that shrinks
from 1 by the momentum in each move, which is most of it in a short training. Here the
momentum grows to what was asked for, after move `k` (counted from 0):

    average = weights                                              for k = 0
    average = m * average + (1 - m) * weights,
        m = min(momentum, (1 + k) / (10 + k))                      for k > 0

Reference:
    TensorFlow, `tf.train.ExponentialMovingAverage`, argument `num_updates`,
    https://www.tensorflow.org/api_docs/python/tf/train/ExponentialMovingAverage
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

if TYPE_CHECKING:
    from typing import Any as _Base
else:
    _Base = object


class AveragingUpdates(_Base):
    """Moving averages of weights in an optimizer made here.

    One made with Keras' `use_ema` follows Keras' rule, one for a stage with `ema` that of
    this module.

    Example:

    >>> AveragingUpdates.warms_up_average
    False
    """

    warms_up_average = False
    _age: int
    _built_settings: dict[Any, Any]

    def _start_averages(self) -> None:
        """Begins with the weights, which stay if no gradient moves them."""
        if self.warms_up_average:
            for variable, average in weight_averages(self):
                average.assign(ops.copy(variable))

    def _update_model_variables_moving_average(
        self, trainable_variables: Sequence[keras.Variable]
    ) -> None:
        """Averages weights, by one of the two rules."""
        if self.warms_up_average:
            self._update_warmed_up()
            return
        # Averages that were taken over go on, though the steps count from 0 again. By Keras'
        # rule they start anew at the first update of all.
        self._age = max(0, *(item.age for item in self._built_settings.values()))
        super()._update_model_variables_moving_average(trainable_variables)
        self._age = 0

    def _update_warmed_up(self) -> None:
        """Averages weights where this step has moved them."""
        steps = self.gradient_accumulation_steps or 1
        moves = ops.floor_divide(self._iterations, steps)
        has_moved = ops.equal(ops.mod(self._iterations + 1, steps), 0)
        momentums: dict[int, Any] = {}
        for variable, average in weight_averages(self):
            age = self._built_settings[self._var_key(variable)].age
            if age not in momentums:
                warmed_up = momentum_after(moves + age, self.ema_momentum)
                momentums[age] = ops.where(has_moved, warmed_up, 1.0)
            momentum = ops.cast(momentums[age], variable.dtype)
            average.assign(momentum * average + (1 - momentum) * variable)

    def finalize_variable_values(self, var_list: Sequence[keras.Variable]) -> None:
        """Replaces weights by their averages, at the end of a `fit`."""
        super().finalize_variable_values(var_list)
        if self.use_ema:
            # Keras lets a weight and its average share a buffer, and the next step on JAX
            # then fails, because it gives both away.
            for _, average in weight_averages(self):
                average.assign(ops.copy(average))


def momentum_after(moves: Any, highest: float) -> Any:
    """Returns the momentum of a moving average that warms up.

    Args:
        moves: tensor of whole numbers, how often the weights have moved before this time.
        highest: float from 0 to 1, the momentum in the long run.

    Returns:
        float32 tensor of the same shape.

    Example:

    >>> [round(float(momentum_after(ops.array(moves), 0.9)), 3) for moves in (0, 1, 10, 1000)]
    [0.0, 0.182, 0.55, 0.9]
    """
    moves = ops.cast(moves, "float32")
    warmed_up = ops.minimum((1 + moves) / (10 + moves), highest)
    return ops.where(ops.equal(moves, 0), 0.0, warmed_up)


def weight_averages(optimizer: Any) -> list[tuple[keras.Variable, keras.Variable]]:
    """Returns the weights that an optimizer averages, and their averages.

    Args:
        optimizer: a built Keras optimizer, made with `use_ema` or for a stage with `ema`.

    Returns:
        List of pairs of variables.

    Example:

    >>> weight = keras.Variable([1.0, 2.0])
    >>> optimizer = keras.optimizers.SGD(use_ema=True)
    >>> optimizer.build([weight])
    >>> [(one is weight, tuple(average.shape)) for one, average in weight_averages(optimizer)]
    [(True, (2,))]
    """
    pairs = zip(
        optimizer._trainable_variables, optimizer._model_variables_moving_average, strict=True
    )
    return [(variable, average) for variable, average in pairs if average is not None]
