"""Masks of pruned weights, which the optimizer keeps.

A mask is part of the update, as the moving average of `averaging` is: it belongs to the compiled
step on every backend, a step that is left out leaves it as it was, and it is saved and goes on
with the optimizer. A callback would make Keras on JAX write its whole state back after each step.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from kerastune.backends.choice import select
from kerastune.errors import InputError

if TYPE_CHECKING:
    from typing import Any as _Base
else:
    _Base = object


@dataclass(frozen=True)
class MaskSchedule:
    """When weights are pruned, and how many are.

    At step `begin + i * every` the share that is pruned is

        sparsity + (initial_sparsity - sparsity) * (1 - i / times) ** 3,    i = 0 ... times

    with the `sparsity` of `VariableSettings`.

    Args:
        begin: int, the first step at which weights are pruned, counted from 0.
        every: int, the steps between two times, at least 1.
        times: int, how often weights are pruned after the first time.
        initial_sparsity: float from 0 to 1, the share of the first time. Defaults to 0.
        structured: bool, whether whole outputs of a kernel, its last axis, are pruned by their
            norm, and not weights by their magnitude. Defaults to False.

    Reference:
        Zhu and Gupta, 2017, "To prune, or not to prune: exploring the efficacy of pruning for
        model compression", https://arxiv.org/abs/1710.01878, equation 1; for whole outputs Li et
        al., 2017, "Pruning Filters for Efficient ConvNets", https://arxiv.org/abs/1608.08710,
        with the norm of squares in place of the sum of magnitudes

    Example:

    >>> MaskSchedule(begin=10, every=5, times=4).shares(0.8).round(2).tolist()
    [0.0, 0.46, 0.7, 0.79, 0.8]
    """

    begin: int = 0
    every: int = 1
    times: int = 0
    initial_sparsity: float = 0.0
    structured: bool = False

    def shares(self, sparsity: float) -> np.ndarray:
        """Returns the share that is pruned at each of the times.

        Args:
            sparsity: float from 0 to 1, that of the last time.

        Returns:
            float64 array of shape `(times + 1,)`.
        """
        if self.times == 0:
            return np.array([sparsity])
        left = 1.0 - np.arange(self.times + 1) / self.times
        return sparsity + (min(self.initial_sparsity, sparsity) - sparsity) * left**3

    def counts(self, sparsity: float, shape: Sequence[int]) -> np.ndarray:
        """Returns how many weights, or outputs, of a kernel are pruned at each of the times.

        Args:
            sparsity: float, as for `shares`.
            shape: sequence of int, the shape of the kernel.

        Returns:
            int32 array of shape `(times + 1,)`.
        """
        units = shape[-1] if self.structured else np.prod(shape)
        return np.round(self.shares(sparsity) * units).astype("int32")

    def to_config(self) -> dict[str, Any]:
        """Returns the settings, for JSON."""
        return asdict(self)


class MaskingUpdates(_Base):
    """Goes before the class of a Keras optimizer; weights that a mask leaves out stay zero.

    Only variables whose `VariableSettings` have a `sparsity` have a mask. It begins with the
    zeros that a variable holds, unless it holds nothing else, and never loses one.

    Example:

    >>> MaskingUpdates.mask_schedule is None
    True
    """

    mask_schedule: MaskSchedule | None = None
    _masks: list[Any]
    _built_settings: dict[Any, Any]

    def _start_masks(self) -> None:
        """Makes the masks, once it is known how to treat every variable."""
        pruned = [self._sparsity_of(variable) is not None for variable in self._trainable_variables]
        if not any(pruned):
            return
        self._refuse_several_devices()
        # A list in the order of the variables, as slots are, with which masks are carried on.
        self._masks = [
            self._started_mask(variable) if is_pruned else None
            for variable, is_pruned in zip(self._trainable_variables, pruned, strict=True)
        ]

    def _started_mask(self, variable: keras.Variable) -> keras.Variable:
        mask = self.add_variable(
            variable.shape, "ones", "bool", name=f"{variable.path.replace('/', '_')}_mask"
        )
        kept = ops.not_equal(variable.value, 0)
        # A kernel that starts from zeros alone, such as that of some heads, was not pruned.
        mask.assign(ops.logical_or(kept, ops.logical_not(ops.any(kept))))
        return mask

    def _sparsity_of(self, variable: keras.Variable) -> float | None:
        sparsity: float | None = self._built_settings[self._var_key(variable)].sparsity
        return sparsity

    def _refuse_several_devices(self) -> None:
        if select() != "tensorflow":
            return
        import tensorflow as tf

        if tf.distribute.has_strategy():
            raise InputError(
                "Expected one device for pruning on TensorFlow, whose strategy updates each weight "
                "by itself. Received: a strategy of several. Train on one, or with JAX or PyTorch"
            )

    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """Updates variables by their gradients, and sets what is pruned to zero."""
        super().apply(grads, trainable_variables)
        if getattr(self, "_masks", None):
            self._mask()

    def _mask(self) -> None:
        """Prunes if it is time, and sets weights and their averages to zero."""
        schedule = self.mask_schedule or MaskSchedule()
        since = self._iterations - 1 - schedule.begin
        number = ops.floor_divide(since, schedule.every)
        is_time = ops.logical_and(
            ops.equal(ops.mod(since, schedule.every), 0),
            ops.logical_and(since >= 0, number <= schedule.times),
        )
        number = ops.clip(number, 0, schedule.times)
        averages = self._model_variables_moving_average if self.use_ema else self._masks
        for variable, mask, average in zip(
            self._trainable_variables, self._masks, averages, strict=True
        ):
            if mask is None:
                continue
            sparsity = self._sparsity_of(variable)
            if sparsity:
                counts = ops.convert_to_tensor(schedule.counts(sparsity, variable.shape))
                mask.assign(_pruned(variable, mask, is_time, counts[number], schedule.structured))
            for held in (variable, average) if self.use_ema else (variable,):
                value = held.value
                # Not by multiplying, which makes -0 of weights below zero.
                held.assign(ops.where(mask.value, value, ops.zeros_like(value)))


def masks_of(optimizer: Any) -> list[tuple[keras.Variable, keras.Variable]]:
    """Returns the variables that an optimizer prunes, and their masks.

    Args:
        optimizer: a built Keras optimizer.

    Returns:
        List of pairs of variables; a mask is true for what is kept.

    Example:

    >>> masks_of(keras.optimizers.SGD())
    []
    """
    masks = getattr(optimizer, "_masks", None) or []
    pairs = zip(optimizer._trainable_variables, masks, strict=True) if masks else ()
    return [(variable, mask) for variable, mask in pairs if mask is not None]


def _pruned(variable: Any, mask: Any, is_time: Any, count: Any, structured: bool) -> Any:
    """A mask without the smallest weights or outputs, if it is time, else the mask itself."""
    former, weights = mask.value, variable.value

    def now() -> Any:
        sizes = ops.cast(weights, "float32")
        if structured:
            sizes = ops.sum(ops.square(ops.reshape(sizes, (-1, weights.shape[-1]))), axis=0)
        else:
            sizes = ops.reshape(ops.abs(sizes), (-1,))
        units = sizes.shape[0]
        order = ops.cast(ops.argsort(sizes), "int32")
        # By rank and not by a threshold, which would prune all of several that are equal.
        places = ops.arange(units, dtype="int32")
        ranks = ops.scatter_update(places, order[:, None], places)
        kept = ranks >= count
        if not structured:
            kept = ops.reshape(kept, weights.shape)
        return ops.logical_and(former, kept)

    return ops.cond(is_time, now, lambda: former)
