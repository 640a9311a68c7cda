"""Which operations lead to what a model gives, and which of them give a gradient to what."""

from collections.abc import Callable, Iterable
from typing import Any

from kerastune.backends.tracing.record import (
    HIDDEN,
    LOOP_STEP,
    Trace,
    TracedOperation,
    TracedTensor,
)

# Nothing flows back through these.
_STOPPED = frozenset({"stop_gradient", "argmax", "argmin", "sign", "round", "floor", "ceil"})


class Gradients:
    """What trains, followed from one operation to the next and back from the end.

    A tensor needs a gradient if it is a weight that trains, or if such a weight acts on it:
    what comes before the first of them needs none. It gets one from the operations from which
    a path leads to the outputs of the model or to its losses.
    """

    def __init__(self, trace: Trace) -> None:
        self._needing: set[int] = set()
        for operation in trace.operations:
            if operation.name not in _STOPPED and self.any(operation.operands):
                self._needing.update(tensor.key for tensor in operation.outputs)
        leading = leading_to_the_end(
            trace,
            tuple(filter(self.needs, (*trace.outputs, *trace.losses))),
            self._sources,
            everything=is_opaque,
        )
        self._passing = {id(operation) for operation in leading if self._sources(operation)}

    def needs(self, tensor: TracedTensor) -> bool:
        """Whether a tensor needs a gradient."""
        return tensor.is_float and (tensor.trainable or tensor.key in self._needing)

    def any(self, tensors: Iterable[TracedTensor]) -> bool:
        """Whether one of the tensors needs a gradient."""
        return any(map(self.needs, tensors))

    def pass_through(self, operation: TracedOperation) -> bool:
        """Whether an operation gives a gradient to what it was given."""
        return id(operation) in self._passing

    def _sources(self, operation: TracedOperation) -> tuple[TracedTensor, ...]:
        """The operands to which gradients go through an operation."""
        if operation.name in _STOPPED:
            return ()
        return tuple(filter(self.needs, operation.operands))


def used_operations(trace: Trace) -> tuple[TracedOperation, ...]:
    """The operations that the outputs and the losses of a model depend on.

    Keras runs the cells of a stack once more than there are steps, to know the shapes of
    their masks: what nobody reads is no work, and compilers leave it out.
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
    """The operations from which a path leads to some tensors."""
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
    """Whether an operation may read tensors that it was not given."""
    if operation.name == HIDDEN:
        return True
    return operation.name != LOOP_STEP and _has_function(operation.arguments)


def _has_function(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_function, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_function, value))
    return callable(value) and not isinstance(value, type)
