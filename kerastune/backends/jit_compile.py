"""What is compiled: a training step, and whether anew for each shape."""

from kerastune.backends.choice import ALWAYS_COMPILED, select
from kerastune.backends.environment import devices


def step_compilation(jit_compile: bool | str) -> bool | str:
    """Returns what `compile` is to be told about compiling a training step.

    Args:
        jit_compile: bool, whether XLA compiles it, or on PyTorch `torch.compile`; or `"auto"`:
            what Keras chooses, but not XLA where TensorFlow computes on a CPU, for which XLA's
            code is slower than TensorFlow's own.

    Returns:
        A bool, or `"auto"`.

    Example:

    >>> step_compilation(True)
    True
    """
    if jit_compile == "auto" and select() == "tensorflow":
        return False if all(name.startswith("cpu") for name in devices()) else "auto"
    return jit_compile


def compiles_each_shape(jit_compile: bool | str) -> bool:
    """Returns whether what a model computes is compiled anew for each shape of its inputs.

    Args:
        jit_compile: bool or str, as for `step_compilation`.

    Returns:
        A bool.

    Example:

    >>> compiles_each_shape(True)
    True
    """
    chosen = step_compilation(jit_compile)
    if chosen == "auto":  # With which Keras compiles nothing on PyTorch.
        return select() != "torch"
    return bool(chosen) or select() in ALWAYS_COMPILED
