"""What each backend raises when memory runs out, and what it holds without need."""

import gc
import re
import sys

# The memory of the machine: PyTorch has no class of its own for it.
_OF_MACHINE = "DefaultCPUAllocator:"
_OF_XLA = "RESOURCE_EXHAUSTED"
_NAMED = re.compile(r"memory|OOM|RESOURCE_EXHAUSTED", re.IGNORECASE)
_CODES = re.compile(r"\033\[[0-9;]*m")


def is_out_of_memory(error: BaseException) -> bool:
    """Returns whether an error says that memory has run out.

    Args:
        error: an exception.

    Returns:
        True for Python's `MemoryError`, of NumPy too; TensorFlow's `ResourceExhaustedError`;
        JAX's `JaxRuntimeError` with RESOURCE_EXHAUSTED; PyTorch's `OutOfMemoryError`, and the
        `RuntimeError` of its allocator on a CPU; and for an error that came while one of these
        was handled: on JAX, Keras ends a `fit` that fails with weights that are not there.

    Example:

    >>> is_out_of_memory(MemoryError()), is_out_of_memory(ValueError("memory"))
    (True, False)
    """
    return _found(error) is not None


def shortage(error: BaseException) -> str:
    """Returns what an error says of the memory that has run out, in one line.

    Args:
        error: an exception for which `is_out_of_memory` is true.

    Returns:
        str, without what Keras writes around it.

    Example:

    >>> shortage(MemoryError("In a layer.\\n\\n\\033[1mOOM when allocating 9 GB\\033[0m."))
    'OOM when allocating 9 GB'
    """
    lines = _CODES.sub("", str(_found(error) or error)).splitlines()
    told = [line.strip() for line in lines if line.strip()]
    chosen = next((line for line in told if _NAMED.search(line)), told[0] if told else "no memory")
    return chosen.rstrip(".")


def _found(error: BaseException) -> BaseException | None:
    """The error that says that memory has run out: this one, or one that it came from."""
    found: BaseException | None = error
    while found is not None and not _says_so(found):
        found = found.__cause__ or found.__context__
    return found


def _says_so(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    # Only a backend that is loaded can have raised.
    tensorflow, jax, torch = (sys.modules.get(name) for name in ("tensorflow", "jax", "torch"))
    if tensorflow and isinstance(error, tensorflow.errors.ResourceExhaustedError):
        return True
    if jax and isinstance(error, jax.errors.JaxRuntimeError):
        return _OF_XLA in str(error)
    if torch and isinstance(error, torch.OutOfMemoryError):
        return True
    return type(error) is RuntimeError and _OF_MACHINE in str(error)


def release_memory() -> None:
    """Gives back memory that nothing uses any more, after an error has ended a training.

    Example:

    >>> release_memory()
    """
    gc.collect()
    torch = sys.modules.get("torch")
    if torch and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
