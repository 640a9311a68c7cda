"""Contractions: operations that multiply and add up, counted in multiply-accumulates."""

from collections.abc import Callable
from math import prod

from kerastune.backends.tracing import TracedOperation, TracedTensor
from kerastune.counting.operations.einsum import einsum_work
from kerastune.counting.operations.elementwise import PER_INPUT
from kerastune.counting.operations.products import Factor, Product, Work, factor


def contraction_work(operation: TracedOperation) -> Work | None:
    """What an operation costs in one run, if it is a contraction.

    Padding is counted like the picture that it surrounds, as a convolution is usually
    counted: each output takes the whole kernel.

    Args:
        operation: a `TracedOperation`.

    Returns:
        A `Work`, or None for any other operation.

    Example:

    >>> x, kernel = TracedTensor(1, (8, 784), "float32"), TracedTensor(2, (784, 128), "float32")
    >>> y = TracedTensor(3, (8, 128), "float32")
    >>> dense = TracedOperation("matmul", {"x1": x, "x2": kernel}, (y,), "dense", 1)
    >>> contraction_work(dense).products[0].macs
    802816
    """
    rule = _RULES.get(operation.name)
    return rule(operation) if rule else None


def _one(macs: int, left: TracedTensor, right: TracedTensor) -> Work:
    """A contraction of two tensors."""
    return Work((Product(macs, factor(left), factor(right)),))


def _last_axis(operation: TracedOperation) -> Work:
    """Sums over the last axis of the first operand: matmul, dot and inner."""
    if len(operation.operands) < 2 or not all(tensor.shape for tensor in operation.operands):
        return Work((), operation.outputs[0].size)
    left, right = operation.operands
    return _one(operation.outputs[0].size * left.shape[-1], left, right)


def _vdot(operation: TracedOperation) -> Work:
    """Sums over everything."""
    left, right = operation.operands
    return _one(left.size, left, right)


def _tensordot(operation: TracedOperation) -> Work:
    """Sums over the axes that it is given."""
    left, right = operation.operands
    axes = operation.arguments["axes"]
    if isinstance(axes, int):
        summed = left.shape[len(left.shape) - axes :]
    else:
        first = [axes[0]] if isinstance(axes[0], int) else axes[0]
        summed = tuple(left.shape[axis] for axis in first)
    return _one(operation.outputs[0].size * prod(summed), left, right)


def _einsum(operation: TracedOperation) -> Work:
    """Sums over the letters that the result has not."""
    given = operation.arguments["subscripts"]
    return einsum_work(given, operation.operands)


def _conv(operation: TracedOperation) -> Work:
    """Each output takes a window of the kernel's size through the channels of its group.

    A kernel has the shape (*window, channels in a group, channels out).
    """
    inputs, kernel = operation.arguments["inputs"], operation.arguments["kernel"]
    return _one(operation.outputs[0].size * prod(kernel.shape[:-1]), inputs, kernel)


def _depthwise_conv(operation: TracedOperation) -> Work:
    """Each output takes a window of one channel; a kernel is (*window, channels, multiplier)."""
    inputs, kernel = operation.arguments["inputs"], operation.arguments["kernel"]
    return _one(operation.outputs[0].size * prod(kernel.shape[:-2]), inputs, kernel)


def _separable_conv(operation: TracedOperation) -> Work:
    """A depthwise convolution, and one of window 1 after it."""
    inputs, depthwise, pointwise = (
        operation.arguments[name] for name in ("inputs", "depthwise_kernel", "pointwise_kernel")
    )
    channels_in, channels_out = pointwise.shape[-2:]
    between = operation.outputs[0].size // channels_out * channels_in
    middle = Factor((inputs, depthwise), between)
    return Work(
        (
            Product(between * prod(depthwise.shape[:-2]), factor(inputs), factor(depthwise)),
            Product(between * channels_out, middle, factor(pointwise)),
        )
    )


def _conv_transpose(operation: TracedOperation) -> Work:
    """Each input gives a window to each channel out; a kernel is (*window, out, in)."""
    inputs, kernel = operation.arguments["inputs"], operation.arguments["kernel"]
    return _one(inputs.size * prod(kernel.shape[:-1]), inputs, kernel)


def _attention(operation: TracedOperation) -> Work:
    """Scores of queries and keys, scaled; their softmax; the sum of values weighted by it.

    The same as what attention costs that is not fused, however it is computed.
    """
    given = operation.arguments
    query, key, value = given["query"], given["key"], given["value"]
    batch, queries, heads, width = query.shape
    size = batch * heads * queries * key.shape[1]
    scores = Factor((query, key), size)
    extras = (given.get("bias") is not None) + 3 * (given.get("attn_logits_soft_cap") is not None)
    return Work(
        (
            Product(size * width, factor(query), factor(key)),
            Product(size * value.shape[3], scores, factor(value)),
        ),
        query.size + size * (PER_INPUT["softmax"] + extras),
    )


_RULES: dict[str, Callable[[TracedOperation], Work]] = {
    "matmul": _last_axis,
    "dot": _last_axis,
    "inner": _last_axis,
    "vdot": _vdot,
    "tensordot": _tensordot,
    "einsum": _einsum,
    "conv": _conv,
    "depthwise_conv": _depthwise_conv,
    "separable_conv": _separable_conv,
    "conv_transpose": _conv_transpose,
    "dot_product_attention": _attention,
}
