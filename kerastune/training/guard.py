"""A safety net: what trains may not change behind the back of a compiled model."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from kerastune.backends import nested_layers
from kerastune.backends.optimizers import inner_optimizer, trained_variables
from kerastune.errors import InputError
from kerastune.training.checksums import checksums, refuse_moved
from kerastune.tuning.freezing.frozen_state import frozen_variables
from kerastune.tuning.freezing.in_training import IN_TRAINING

_WHAT_TO_CALL = (
    "Between calls of `fit`, call `kerastune.freeze` or `kerastune.unfreeze`, which compile the "
    "model again; within one, give a plan whose stages name what trains: `kerastune.fine_tune`"
)


class TrainabilityGuard(keras.callbacks.Callback):
    """Stops training when `trainable` was changed without a compile, or a frozen weight moved.

    Keras goes on training what was frozen (TensorFlow), or fails with an error about
    something else (JAX, PyTorch). This notices it at the start of `fit` and after every
    batch, on every backend. It also compares checksums of the frozen weights, after the
    first batch and at the end: a layer, a callback or a `train_step` may move them.
    `fine_tune` and the recipes use it; in a `fit` of your own, put it last among the
    callbacks.

    Raises:
        InputError: with what to call instead.

    Example:

    >>> import numpy as np
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    >>> model.compile("sgd", "mse")
    >>> x, y = np.ones((4, 2)), np.ones((4, 1))
    >>> _ = model.fit(x, y, verbose=0)
    >>> model.trainable = False
    >>> model.fit(x, y, verbose=0, callbacks=[TrainabilityGuard()])
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a model that trains what it was compiled for...
    """

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Compare what is trainable with what the optimizer knows."""
        # Asking for `self.model` makes Keras on JAX write its state back, which is slow.
        self._model = model = self.model
        self._optimizer = model.optimizer
        known = {id(variable) for variable in trained_variables(inner_optimizer(self._optimizer))}
        now = {id(variable) for variable in model.trainable_variables}
        if known and known != now:
            self._stop([v.path for v in model.trainable_variables if id(v) not in known])
        self._parts = [model, *nested_layers(model), *model.weights]
        self._flags = [part.trainable for part in self._parts]
        self._frozen = checksums(frozen_variables(model))
        self._has_compared = False

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Look at what other callbacks have done."""
        self._check()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Look at what other callbacks have done."""
        self._check()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Look at what other callbacks have done, and at what the first step has moved."""
        self._check()
        if not self._has_compared:
            self._has_compared = True
            refuse_moved(self.model, self._frozen)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Look at what other callbacks have done."""
        self._check()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Look at what all steps have moved."""
        refuse_moved(self.model, self._frozen)

    def _check(self) -> None:
        """Raise if a flag has changed, or the model was compiled, since the start."""
        if self._model.optimizer is not self._optimizer:
            raise InputError(
                "Expected a model that is not compiled in the middle of `fit`. "
                f"Received: {self._model.name!r}, compiled by a callback. {_WHAT_TO_CALL}"
            )
        flags = [part.trainable for part in self._parts]
        if flags != self._flags:
            pairs = zip(self._parts, self._flags, flags, strict=True)
            self._stop([part.name for part, before, now in pairs if before != now])

    def _stop(self, changed: list[str]) -> None:
        """Say what has changed and what to do."""
        what = f"where `trainable` of {changed[0]!r}" if changed else "where `trainable`"
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise InputError(
            "Expected a model that trains what it was compiled for. "
            f"Received: {self._model.name!r}, {what}{more} has changed since. {_WHAT_TO_CALL}"
        )


@contextmanager
def in_training(model: keras.Model) -> Iterator[None]:
    """While this lasts, `kerastune.freeze` and its like refuse the model.

    Args:
        model: a Keras model.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with in_training(model):
    ...     model in IN_TRAINING
    True
    """
    IN_TRAINING.add(model)
    try:
        yield
    finally:
        IN_TRAINING.discard(model)
