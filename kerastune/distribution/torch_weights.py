"""The weights of the processes of PyTorch, which are the same in each of them."""

from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras


def first_weights(model: "keras.Model") -> None:
    """Gives each process what the first one has: weights, and what the optimizer remembers.

    Args:
        model: a compiled Keras model.
    """
    import torch
    from torch import distributed

    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    with torch.no_grad():
        for variable in _variables(model):
            value = variable.value
            sent = value.detach().contiguous().clone().reshape(-1)
            # Of some types, such as that of seeds, gloo has never heard.
            distributed.broadcast(sent.view(torch.uint8), 0)
            value.copy_(sent.view(value.shape))


def require_alike(model: "keras.Model") -> None:
    """Raises unless the weights are the same in each process, to the last bit.

    Args:
        model: a compiled Keras model.

    Raises:
        InputError: if one differs.
    """
    import torch
    from torch import distributed

    weights = [one for one in model.variables if one.value.is_floating_point()]
    if not weights:
        return
    sums = torch.stack([one.value.detach().double().sum().cpu() for one in weights])
    most, least = sums.clone(), sums.clone()
    distributed.all_reduce(most, distributed.ReduceOp.MAX)
    distributed.all_reduce(least, distributed.ReduceOp.MIN)
    apart = ((most != least) & ~torch.isnan(sums)).nonzero().flatten().tolist()
    if apart:
        raise InputError(
            "Expected the same weights in all processes after a stage. Received: "
            f"{weights[apart[0]].path!r}, which differs, and {len(apart) - 1} more. A layer moves "
            "them by the samples of its own process, or a callback changes some: use JAX"
        )


def _variables(model: "keras.Model") -> list[Any]:
    return [*model.variables, *model.optimizer.variables]
