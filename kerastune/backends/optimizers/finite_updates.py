"""An optimizer that leaves everything as it is in a step whose gradient is not finite.

The weights, what the optimizer remembers and its count of steps stay those of the step before.
Keras has this only together with a scaled loss, for float16. A gradient counts as finite if the
sum of its squares is: clipping by norm and the moments of Adam turn one that is larger into NaN
and zeros.
"""

import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from kerastune.backends.choice import select
from kerastune.backends.optimizers.clipping import global_norm

if TYPE_CHECKING:
    from typing import Any as _Base
else:
    _Base = object


class FiniteUpdates(_Base):
    """Goes before the class of a Keras optimizer; a step that is not finite may be left out.

    Example:

    >>> class Finite(FiniteUpdates, keras.optimizers.SGD):
    ...     pass
    >>> weight = keras.Variable([1.0])
    >>> optimizer = Finite(0.1)
    >>> optimizer.build([weight])
    >>> optimizer.is_guarded = True
    >>> for gradient in (float("nan"), 5.0):
    ...     optimizer.apply([ops.convert_to_tensor([gradient])], [weight])
    >>> ops.convert_to_numpy(weight).tolist(), int(optimizer.iterations)
    ([0.5], 1)
    """

    is_guarded = False
    """bool, whether a step that is not finite leaves all as it is. It costs a pass over the
    gradients."""
    _known_norm: tuple[list[Any], Any] | None = None

    def scale_loss(self, loss: Any) -> Any:
        """Returns the loss to differentiate, whose gradient is not finite if the loss is not."""
        scaled = super().scale_loss(loss)
        if not self.is_guarded:
            return scaled
        # Some losses that are infinite have a finite gradient, or none.
        factor = ops.where(ops.isfinite(loss), 1.0, float("nan"))
        return scaled * ops.cast(ops.stop_gradient(factor), scaled.dtype)

    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """Updates variables by their gradients, if all of these are finite."""
        if not self.is_guarded or not self.built or not any(one is not None for one in grads):
            super().apply(grads, trainable_variables)
            return
        gradients = [one for one in grads if one is not None]
        given = self._trainable_variables if trainable_variables is None else trainable_variables
        apply = super().apply

        def update(norm: Any = None) -> None:
            self._known_norm = (gradients, norm)
            try:
                apply(grads, trainable_variables)
            finally:
                self._known_norm = None

        guarded = {"torch": _by_asking, "tensorflow": _by_branching, "jax": _by_condition}[select()]
        guarded(gradients, update, [*given, *self.variables])

    def norm_of(self, gradients: Sequence[Any]) -> Any:
        """Returns the norm of all gradients if it was computed to guard the step, else None."""
        guarded, norm = self._known_norm or ([], None)
        is_same = len(guarded) == len(gradients) and all(map(operator.is_, guarded, gradients))
        return norm if is_same else None


def _by_asking(
    gradients: list[Any], update: Callable[..., None], variables: Sequence[keras.Variable]
) -> None:
    """Ask PyTorch whether to update; what is compiled cannot ask."""
    import torch

    if torch.compiler.is_compiling():
        _by_choosing(gradients, update, variables)
        return
    norm = global_norm(gradients)
    if bool(torch.isfinite(norm)):
        update(norm)


def _by_branching(
    gradients: list[Any],
    update: Callable[..., None],
    variables: Sequence[keras.Variable],  # noqa: ARG001
) -> None:
    """Let TensorFlow run the update in a branch of its graph."""
    import tensorflow as tf

    norm = global_norm(gradients)

    def branch() -> Any:
        update(norm)
        return tf.no_op()

    tf.cond(tf.math.is_finite(norm), branch, tf.no_op)


def _by_condition(
    gradients: list[Any], update: Callable[..., None], variables: Sequence[keras.Variable]
) -> None:
    """Let JAX run the update in a branch on a CPU, where choosing takes longer to compile.

    GPUs would wait for the host to take the branch.
    """
    import jax

    if jax.default_backend() != "cpu":
        _by_choosing(gradients, update, variables)
        return
    former = [variable.value for variable in variables]

    def updated() -> list[Any]:
        update()
        return [variable.value for variable in variables]

    values = jax.lax.cond(_are_finite(gradients), updated, lambda: former)
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _by_choosing(
    gradients: list[Any], update: Callable[..., None], variables: Sequence[keras.Variable]
) -> None:
    """Update, and choose between new and former values, which XLA does while it writes them."""
    former = [variable.value for variable in variables]
    is_finite = _are_finite(gradients)
    update()
    for variable, value in zip(variables, former, strict=True):
        variable.assign(ops.where(is_finite, variable.value, value))


def _are_finite(gradients: list[Any]) -> Any:
    """Whether the sum of the squares of gradients is finite."""
    return ops.isfinite(sum(ops.sum(ops.square(ops.cast(one, "float32"))) for one in gradients))
