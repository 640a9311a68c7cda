"""Adam in one pass over the weights.

Keras writes it as ten operations, each over all weights, their gradients or moments: for millions
of weights on a processor that takes longer than the memory it reads and writes once. PyTorch and
TensorFlow have one operation for the whole, with the same arithmetic but for where PyTorch adds
epsilon, which is allowed for here. XLA, and so JAX, makes one pass of Keras' operations.
"""

import math
from collections.abc import Sequence
from typing import Any

from kerastune.backends.choice import select

# Keras' own, and what it makes of them for PyTorch; subclasses have no part in them.
_CLASSES = ("adam.Adam", "adamw.AdamW", "torch_adam.Adam", "torch_adamw.AdamW")


def fused_adam(
    optimizer: Any, gradients: Sequence[Any], variables: Sequence[Any], learning_rate: Any
) -> bool:
    """Updates variables as Adam does, where the backend has one operation for it.

    Weight decay is left to what comes before the update, as in Keras.

    Args:
        optimizer: a Keras optimizer that is built, of the class of `LayerwiseUpdates`.
        gradients: sequence of tensors.
        variables: sequence of the `keras.Variable`s.
        learning_rate: a number or a tensor of one.

    Returns:
        Whether it has; otherwise nothing is changed.

    Example:

    >>> fused_adam(None, [], [], 0.1)
    False
    """
    update = {"torch": _by_torch, "tensorflow": _by_tensorflow}.get(select())
    if update is None or not variables or not _is_adam(optimizer):
        return False
    places = [optimizer._get_variable_index(variable) for variable in variables]
    slots = optimizer._momentums, optimizer._velocities
    first, second = ([slot[place] for place in places] for slot in slots)
    return update(optimizer, gradients, variables, first, second, learning_rate)


def _by_tensorflow(
    optimizer: Any,
    gradients: Sequence[Any],
    variables: Sequence[Any],
    first: Sequence[Any],
    second: Sequence[Any],
    learning_rate: Any,
) -> bool:
    """Update by TensorFlow's operation, which is Keras' formula."""
    import tensorflow as tf

    is_float32 = {one.dtype for one in (*variables, *first, *second)} == {"float32"}
    # Under a strategy of several devices Keras merges what they have.
    if tf.distribute.has_strategy() or not is_float32:
        return False
    done = tf.cast(optimizer.iterations + 1, tf.float32)
    beta_1, beta_2, rate = (
        tf.cast(one, tf.float32) for one in (optimizer.beta_1, optimizer.beta_2, learning_rate)
    )
    for gradient, *kept in zip(gradients, variables, first, second, strict=True):
        variable, mean, variance = (one.value.handle for one in kept)
        tf.raw_ops.ResourceApplyAdam(
            var=variable,
            m=mean,
            v=variance,
            beta1_power=tf.pow(beta_1, done),
            beta2_power=tf.pow(beta_2, done),
            lr=rate,
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.cast(optimizer.epsilon, tf.float32),
            grad=tf.cast(gradient, tf.float32),
        )
    return True


def _by_torch(
    optimizer: Any,
    gradients: Sequence[Any],
    variables: Sequence[Any],
    first_moments: Sequence[Any],
    second_moments: Sequence[Any],
    learning_rate: Any,
) -> bool:
    """Update by PyTorch's operation, for weights that lie in its order."""
    import torch
    from torch.optim.adam import adam

    weights, first, second = (
        [one.value for one in kept] for kept in (variables, first_moments, second_moments)
    )
    axes = list(map(_axes, weights))
    if torch.compiler.is_compiling() or not all(map(_is_plain, weights, first, second, axes)):
        return False
    done = int(optimizer.iterations)
    beta_1, beta_2 = float(optimizer.beta_1), float(optimizer.beta_2)
    # Keras adds epsilon to the root of the second moment before its bias is corrected.
    epsilon = optimizer.epsilon / math.sqrt(1.0 - beta_2 ** (done + 1))
    with torch.no_grad():
        laid_out = list(map(_laid_out_as, gradients, weights))
        adam(
            _in_order(weights, axes),
            _in_order(laid_out, axes),
            _in_order(first, axes),
            _in_order(second, axes),
            [],
            list(torch.full((len(weights),), float(done)).unbind()),
            fused=True,
            amsgrad=False,
            beta1=beta_1,
            beta2=beta_2,
            lr=float(learning_rate),
            weight_decay=0.0,
            eps=epsilon,
            maximize=False,
        )
    return True


def _is_adam(optimizer: Any) -> bool:
    """Whether an optimizer is made of Keras' own Adam, without maxima of its moments."""
    plain = optimizer.plain_class
    name = f"{plain.__module__.rpartition('.')[2]}.{plain.__name__}"
    return name in _CLASSES and not optimizer.amsgrad


def _is_plain(weight: Any, first: Any, second: Any, axes: list[int]) -> bool:
    """Whether the operation can read weights and moments side by side, in a processor's memory."""
    import torch

    is_alike = _order(weight) == _order(first) == _order(second)
    is_float32 = {one.dtype for one in (weight, first, second)} == {torch.float32}
    # Without gaps, in whatever order of its dimensions.
    is_dense = weight.permute(axes).is_contiguous()
    return is_alike and is_float32 and weight.device.type == "cpu" and is_dense


def _order(tensor: Any) -> list[int]:
    """How far apart in memory the numbers along each dimension are, those of one left out."""
    sizes = zip(tensor.shape, tensor.stride(), strict=True)
    return [stride for size, stride in sizes if size > 1]


def _axes(tensor: Any) -> list[int]:
    """The dimensions of a tensor in the order in which they lie in memory."""
    return sorted(range(tensor.ndim), key=lambda axis: (-tensor.stride(axis), -tensor.shape[axis]))


def _in_order(tensors: Sequence[Any], axes: Sequence[list[int]]) -> list[Any]:
    """Tensors with their dimensions in order, as PyTorch copies what is not."""
    return [one.permute(order) for one, order in zip(tensors, axes, strict=True)]


def _laid_out_as(gradient: Any, weight: Any) -> Any:
    """A gradient whose numbers lie in memory in the order of its weight's."""
    import torch

    if _order(gradient) == _order(weight) and gradient.dtype == weight.dtype:
        return gradient
    return torch.empty_like(weight).copy_(gradient)
