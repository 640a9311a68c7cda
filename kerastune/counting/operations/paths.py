"""Which operations of a trace lead to what the model gives."""

from collections.abc import Callable, Iterable
from typing import Any

from kerastune.backends.tracing import HIDDEN, LOOP_STEP, Trace, TracedOperation, TracedTensor


def used_operations(trace: Trace) -> tuple[TracedOperation, ...]:
    """The operations that the outputs and the losses of a model depend on.

    Keras runs the cells of a stack once more than there are steps, to know the shapes of
    their masks: what nobody reads is no work, and compilers leave it out.

    Args:
        trace: a `Trace`.

    Returns:
        Tuple of `TracedOperation`, in the order in which they ran.

    Example:

    >>> x, y, z = (TracedTensor(key, (2,), "float32") for key in range(3))
    >>> unread = TracedOperation("exp", {"x": x}, (y,), "layer", 1)
    >>> read = TracedOperation("tanh", {"x": x}, (z,), "layer", 1)
    >>> [operation.name for operation in used_operations(Trace((unread, read), (), (x,), (z,)))]
    ['tanh']
    """
    made = {tensor.key for operation in trace.operations for tensor in operation.outputs}
    made.update(tensor.key for tensor in trace.inputs)

    def known(tensors: Iterable[TracedTensor]) -> bool:
        # A constant has no origin either, which floating-point numbers alone tell apart.
        return all(tensor.is_weight or tensor.is_float or tensor.key in made for tensor in tensors)

    return leading_to_the_end(
        trace,
        (*trace.outputs, *trace.losses),
        lambda operation: operation.operands,
        everything=lambda operation: is_opaque(operation) or not known(operation.operands),
    )


def leading_to_the_end(
    trace: Trace,
    ends: tuple[TracedTensor, ...],
    sources: Callable[[TracedOperation], Iterable[TracedTensor]],
    everything: Callable[[TracedOperation], bool],
) -> tuple[TracedOperation, ...]:
    """The operations from which a path leads to some tensors.

    Args:
        trace: a `Trace`.
        ends: tuple of `TracedTensor`, where the paths end.
        sources: function from an operation to the tensors from which paths go through it.
        everything: function from an operation to whether it may read any tensor before it.

    Returns:
        Tuple of `TracedOperation`, in the order in which they ran.

    Example:

    >>> x, y = TracedTensor(1, (2,), "float32"), TracedTensor(2, (2,), "float32")
    >>> trace = Trace((TracedOperation("exp", {"x": x}, (y,), "layer", 1),), (), (x,), (y,))
    >>> len(leading_to_the_end(trace, (y,), lambda operation: operation.operands, is_opaque))
    1
    >>> len(leading_to_the_end(trace, (x,), lambda operation: operation.operands, is_opaque))
    0
    """
    reached = {tensor.key for tensor in ends}
    leading = []
    all_before = False
    for operation in reversed(trace.operations):
        if all_before or any(tensor.key in reached for tensor in operation.outputs):
            leading.append(operation)
            reached.update(tensor.key for tensor in sources(operation))
            all_before = all_before or everything(operation)
    return tuple(reversed(leading))


def is_opaque(operation: TracedOperation) -> bool:
    """Whether an operation may read tensors that it was not given.

    Args:
        operation: a `TracedOperation`.

    Returns:
        bool: whether it runs a function that was not watched.

    Example:

    >>> is_opaque(TracedOperation("cond", {"true_fn": lambda: None}, (), "layer", 1))
    True
    """
    if operation.name == HIDDEN:
        return True
    return operation.name != LOOP_STEP and _has_function(operation.arguments)


def _has_function(value: Any) -> bool:
    """Whether there is a function at any depth."""
    if isinstance(value, dict):
        return any(map(_has_function, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_function, value))
    return callable(value) and not isinstance(value, type)
