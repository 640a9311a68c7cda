"""Which tensors of a trace need a gradient, and which operations give them one."""

from collections.abc import Iterable

from kerastune.backends.tracing import Trace, TracedOperation, TracedTensor
from kerastune.counting.operations.paths import is_opaque, leading_to_the_end

# Nothing flows back through these.
_STOPPED = frozenset({"stop_gradient", "argmax", "argmin", "sign", "round", "floor", "ceil"})


class Gradients:
    """What trains, followed from one operation to the next and back from the end.

    A tensor needs a gradient if it is a weight that trains, or if such a weight acts on it:
    what comes before the first of them needs none. It gets one from the operations from which
    a path leads to the outputs of the model or to its losses.

    Args:
        trace: a `Trace`.

    Example:

    >>> kernel = TracedTensor(1, (3, 3), "float32", is_weight=True, trainable=True)
    >>> x, y = TracedTensor(2, (3,), "float32"), TracedTensor(3, (3,), "float32")
    >>> dense = TracedOperation("matmul", {"x1": x, "x2": kernel}, (y,), "dense", 1)
    >>> gradients = Gradients(Trace((dense,), (), (x,), (y,)))
    >>> gradients.needs(x), gradients.needs(y), gradients.pass_through(dense)
    (False, True, True)
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
