"""What a forward pass keeps for the backward pass to read."""

from collections.abc import Iterator

from kerastune.backends.tracing.record import (
    CUSTOM_GRADIENT,
    HIDDEN,
    TracedOperation,
    TracedTensor,
)
from kerastune.counting.dtypes import item_bytes
from kerastune.counting.operations.contractions import Work
from kerastune.counting.operations.elementwise import FREE
from kerastune.counting.operations.gradients import Gradients

# By what the derivative of an operation reads. A view shares the memory of what it shows.
_KINDS = {
    "view": "reshape transpose expand_dims squeeze swapaxes moveaxis ravel broadcast_to view "
    "stop_gradient copy",
    "linear": "add subtract negative sum mean average average_pool cumsum diff trace dropout "
    "adaptive_average_pool segment_sum resize",
    "by result": "exp exp2 sqrt rsqrt cbrt reciprocal tanh sigmoid relu relu6 softmax log_softmax",
    "by both": "max_pool adaptive_max_pool",  # The window's place and its values.
    "by whole numbers": "where take take_along_axis getitem",
    "quotient": "divide true_divide divide_no_nan",
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names.split()}
# What is made of a weight by these or views alone is no activation, though it may be a copy.
_OF_WEIGHTS = ("cast", "convert_to_tensor", "getitem", "split", "unstack")


class Activations:
    """Adds up what is kept, each tensor once, in the order of a trace."""

    def __init__(self, gradients: Gradients) -> None:
        self._gradients = gradients
        self._sources: dict[int, TracedTensor] = {}
        self._times: dict[int, int] = {}
        self._kept: set[int] = set()

    def keep(self, operation: TracedOperation, work: Work | None) -> int:
        """The bytes that an operation adds to what is kept."""
        self._follow(operation)
        if not self._gradients.pass_through(operation):
            return 0
        if work is not None:
            tensors, inside = self._factors(work)
        else:
            tensors, inside = list(self._read(operation)), 0
        if operation.name == "dropout" and self._gradients.any(operation.operands):
            inside += operation.outputs[0].size  # Which were dropped: a byte each.
        return inside * operation.times + sum(map(self._add, tensors))

    def _follow(self, operation: TracedOperation) -> None:
        """Know views, and weights in another type, for what they show."""
        operands, outputs = operation.operands, operation.outputs
        source = self._source(operands[0]) if operands else None
        for output in outputs:
            self._times.setdefault(output.key, operation.times)
            if source is None or output.key == source.key:
                continue
            is_view = _KIND_OF.get(operation.name) == "view"
            casts = operation.name in ("cast", "convert_to_tensor")
            same = is_view or (casts and output.dtype == source.dtype)
            of_weight = source.is_weight and (is_view or operation.name in _OF_WEIGHTS)
            if of_weight or (same and len(outputs) == 1):
                self._sources[output.key] = source

    def _source(self, tensor: TracedTensor) -> TracedTensor:
        return self._sources.get(tensor.key, tensor)

    def _add(self, tensor: TracedTensor) -> int:
        """The bytes of a tensor that is to be kept, if it is not yet and is no weight."""
        source = self._source(tensor)
        if source.is_weight or source.key in self._kept:
            return 0
        self._kept.add(source.key)
        return source.size * item_bytes(source.dtype) * self._times.get(source.key, 1)

    def _factors(self, work: Work) -> tuple[list[TracedTensor], int]:
        """The factors of products whose other factor needs a gradient, and those inside."""
        tensors: list[TracedTensor] = []
        inside = 0
        for product in work.products:
            pairs = ((product.left, product.right), (product.right, product.left))
            for factor, other in pairs:
                if self._gradients.any(other.tensors):
                    tensors += factor.tensors if len(factor.tensors) == 1 else ()
                    inside += factor.inner_bytes
                elif self._gradients.any(factor.tensors):
                    # Softmax takes its result, whoever else does.
                    inside += factor.inner_bytes if work.flops else 0
        return tensors, inside

    def _read(self, operation: TracedOperation) -> Iterator[TracedTensor]:
        """The tensors that the derivative of an operation takes."""
        name, operands = operation.name, operation.operands
        kind = _KIND_OF.get(name)
        if kind == "linear" or not self._gradients.any(operands):
            return
        if kind == "by whole numbers":
            yield from (tensor for tensor in operands if not tensor.is_float)
        elif name == CUSTOM_GRADIENT:
            made = {tensor.key for step in operation.gradient for tensor in step.outputs}
            read = (tensor for step in operation.gradient for tensor in step.operands)
            yield from (tensor for tensor in read if tensor.is_float and tensor.key not in made)
        elif kind == "by result":
            yield from operation.outputs[:1]
        elif kind == "by both":
            yield from (*operands, *operation.outputs[:1])
        elif name == "multiply":
            yield from self._others(operands)
        elif kind == "quotient":
            yield from self._quotient(operation)
        elif name not in FREE and name != HIDDEN:
            yield from (tensor for tensor in operands if tensor.is_float)

    def _others(self, operands: tuple[TracedTensor, ...]) -> Iterator[TracedTensor]:
        """Each factor of a product whose other factor needs a gradient."""
        for position, tensor in enumerate(operands):
            others = operands[:position] + operands[position + 1 :]
            if self._gradients.any(others):
                yield tensor

    def _quotient(self, operation: TracedOperation) -> Iterator[TracedTensor]:
        divisor = list(operation.arguments.values())[1]
        if isinstance(divisor, TracedTensor):
            yield divisor
            if self._gradients.needs(divisor):
                yield operation.outputs[0]
