"""Gradients summed over the processes of PyTorch while they are still being computed."""

from collections.abc import Iterable
from typing import Any

_BUCKET = 25 * 2**20
"""Bytes of gradients that are sent together, as in PyTorch's own DistributedDataParallel."""


class GradientSums:
    """Sums the gradients of some variables over all processes, as soon as PyTorch has them.

    Others are never sent: it is made anew for each stage, of what trains in it.

    Args:
        variables: the `keras.Variable`s that train.

    Example:

    >>> GradientSums([]).bytes_sent
    0
    """

    def __init__(self, variables: Iterable[Any]) -> None:
        self.bytes_sent = 0
        """int, the bytes of gradients that were given to the sum, in all steps so far."""
        self._waiting: list[Any] = []
        self._size = 0
        self._sent: list[tuple[Any, Any, list[Any]]] = []
        self._hooks = [
            variable.value.register_post_accumulate_grad_hook(self._add) for variable in variables
        ]

    def finish(self) -> None:
        """Sends what is left, waits for all, and puts the sums in the place of the gradients."""
        self._send()
        for work, flat, tensors in self._sent:
            work.wait()
            sizes = [tensor.numel() for tensor in tensors]
            for tensor, part in zip(tensors, flat.split(sizes), strict=True):
                tensor.grad.copy_(part.view(tensor.grad.shape))
        self._sent = []

    def remove(self) -> None:
        """Sums nothing more."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def _add(self, tensor: Any) -> None:
        """Take the gradient of a weight, which is complete."""
        is_like = not self._waiting or self._waiting[0].grad.dtype == tensor.grad.dtype
        if not is_like:
            self._send()
        self._waiting.append(tensor)
        self._size += tensor.grad.numel() * tensor.grad.element_size()
        if self._size >= _BUCKET:
            self._send()

    def _send(self) -> None:
        """Begin to sum what is there. All processes do it in the same order."""
        import torch
        from torch import distributed

        if not self._waiting:
            return
        tensors, self._waiting = self._waiting, []
        flat = torch.cat([tensor.grad.reshape(-1) for tensor in tensors])
        self._sent.append((distributed.all_reduce(flat, async_op=True), flat, tensors))
        self.bytes_sent += self._size
        self._size = 0
