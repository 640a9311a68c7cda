"""The process group of PyTorch: begun, and what processes tell each other in it."""

from datetime import timedelta
from typing import Any

from kerastune.distribution.launchers import Launch
from kerastune.errors import InputError, reason

_TIMEOUT = timedelta(minutes=10)
"""How long a process waits for others, which may read data or compile. One that has ended is
noticed at once."""


def begin(launch: Launch) -> list[str]:
    """Begins the process group, with one device for each process.

    Args:
        launch: the `Launch`.

    Returns:
        List of lines about it, for people.

    Raises:
        InputError: if the processes do not meet, or several GPUs are there for one process.
    """
    import torch
    from torch import distributed

    gpus = torch.cuda.device_count()
    if launch.processes == 1:
        if gpus > 1:
            raise InputError(
                f"Expected a process for each of the {gpus} GPUs, as PyTorch needs it. Received: "
                f"one process. Start it by torchrun --standalone --nproc-per-node {gpus} -m "
                "kerastune run ..."
            )
        return ["One process and one device: nothing is spread."]
    if gpus:
        torch.cuda.set_device(launch.local_rank % gpus)
    # torchrun has a store of its own at its address, which its processes join.
    method = "env://" if launch.launcher == "torchrun" else f"tcp://{launch.coordinator}"
    try:
        distributed.init_process_group(
            "cpu:gloo,cuda:nccl" if gpus else "gloo",
            init_method=method,
            rank=launch.rank,
            world_size=launch.processes,
            timeout=_TIMEOUT,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise InputError(
            f"Expected {launch.processes} processes that meet at {launch.coordinator}. Received: "
            f"{reason(error)}. Is that address reachable, and its port free?"
        ) from error
    device = "GPU" if gpus else "processor"
    return [f"Batches are divided over {launch.processes} processes, each with a {device}."]


def end() -> None:
    """Leaves the process group, if there is one."""
    from torch import distributed

    if distributed.is_initialized():
        distributed.destroy_process_group()


def broadcast(message: bytes) -> bytes:
    """Returns the bytes of the first process, in each process.

    Args:
        message: bytes; those of others than the first are not looked at.
    """
    import torch
    from torch import distributed

    size = torch.tensor([len(message)])
    distributed.broadcast(size, 0)
    data = torch.empty(int(size), dtype=torch.uint8)
    if distributed.get_rank() == 0 and message:
        data.copy_(torch.frombuffer(bytearray(message), dtype=torch.uint8))
    if int(size):
        distributed.broadcast(data, 0)
    return data.numpy().tobytes()


def any_of(is_so: bool) -> bool:
    """Returns whether something is so in any process.

    Args:
        is_so: bool, whether it is in this one.
    """
    import torch
    from torch import distributed

    told = torch.tensor([int(is_so)])
    distributed.all_reduce(told, distributed.ReduceOp.MAX)
    return bool(told)


def summed(tensor: Any) -> Any:
    """Returns the sum of a tensor over all processes, through which gradients flow.

    Args:
        tensor: a tensor of one shape in each process.
    """
    return _sum().apply(tensor)


def gathered(tensor: Any, counts: list[int]) -> Any:
    """Returns the rows of all processes below each other, through which gradients flow.

    Each process computes the same of all rows, so that the gradient of its own is that which it
    has: nothing is sent on the way back.

    Args:
        tensor: a tensor of shape `(rows, ...)`, of which the first are taken.
        counts: list of int, the rows of each process.
    """
    return _gather().apply(tensor, counts)


def _sum() -> Any:
    import torch
    from torch import distributed

    class Sum(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, tensor: Any) -> Any:  # noqa: ARG004
            total = tensor.detach().clone(memory_format=torch.contiguous_format)
            distributed.all_reduce(total)
            return total

        @staticmethod
        def backward(context: Any, gradient: Any) -> Any:  # noqa: ARG004
            total = gradient.clone(memory_format=torch.contiguous_format)
            distributed.all_reduce(total)
            return total

    return Sum


def _gather() -> Any:
    import torch
    from torch import distributed

    class Gather(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, tensor: Any, counts: list[int]) -> Any:
            rank, most = distributed.get_rank(), max(counts)
            context.place = sum(counts[:rank]), counts[rank], tensor.shape
            # Booleans and halves are sent as they are in memory by some backends only.
            sent = tensor.new_zeros((most, *tensor.shape[1:]))
            sent[: counts[rank]] = tensor[: counts[rank]]
            parts = [torch.empty_like(sent) for _ in counts]
            distributed.all_gather(parts, sent)
            return torch.cat([part[:count] for part, count in zip(parts, counts, strict=True)])

        @staticmethod
        def backward(context: Any, gradient: Any) -> Any:
            start, count, shape = context.place
            own = gradient.new_zeros(shape)
            own[:count] = gradient[start : start + count]
            return own, None

    return Gather
