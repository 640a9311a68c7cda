"""Which tensors of a trace need a gradient."""

from collections.abc import Iterable

from kerastune.backends.tracing import TracedOperation, TracedTensor

# Nothing flows back through these.
_STOPPED = frozenset({"stop_gradient", "argmax", "argmin", "sign", "round", "floor", "ceil"})


class Gradients:
    """Follows what trains from one operation to the next, in the order of a trace.

    A tensor needs a gradient if it is a weight that trains, or if such a weight acts on it:
    what comes before the first of them needs none.

    Example:

    >>> kernel = TracedTensor(1, (3, 3), "float32", is_weight=True, trainable=True)
    >>> x, y = TracedTensor(2, (3,), "float32"), TracedTensor(3, (3,), "float32")
    >>> gradients = Gradients()
    >>> gradients.follow(TracedOperation("matmul", {"x1": x, "x2": kernel}, (y,), "dense", 1))
    >>> gradients.needs(x), gradients.needs(y)
    (False, True)
    """

    def __init__(self) -> None:
        self._needing: set[int] = set()

    def needs(self, tensor: TracedTensor) -> bool:
        """Whether a tensor needs a gradient."""
        return tensor.is_float and (tensor.trainable or tensor.key in self._needing)

    def any(self, tensors: Iterable[TracedTensor]) -> bool:
        """Whether one of the tensors needs a gradient."""
        return any(map(self.needs, tensors))

    def follow(self, operation: TracedOperation) -> None:
        """Go on to what an operation gives."""
        if operation.name not in _STOPPED and self.any(operation.operands):
            self._needing.update(tensor.key for tensor in operation.outputs)
