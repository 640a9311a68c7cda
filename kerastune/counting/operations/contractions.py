"""Contractions: operations that multiply and add up, counted in multiply-accumulates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from string import ascii_letters

from kerastune.backends.tracing.record import TracedOperation, TracedTensor
from kerastune.counting.dtypes import item_bytes
from kerastune.counting.operations.elementwise import PER_INPUT


@dataclass(frozen=True)
class Factor:
    """One side of a product: a tensor, or what the operation makes of several inside itself."""

    tensors: tuple[TracedTensor, ...]
    size: int

    @property
    def inner_bytes(self) -> int:
        """The memory of a factor that exists only inside the operation; else 0."""
        inner = len(self.tensors) > 1
        return self.size * item_bytes(self.tensors[0].dtype) if inner else 0


@dataclass(frozen=True)
class Product:
    """Two factors that are multiplied, and products that are added up."""

    macs: int
    left: Factor
    right: Factor


@dataclass(frozen=True)
class Work:
    """What a contraction costs in one run: products, and FLOPs besides."""

    products: tuple[Product, ...]
    flops: int = 0


def factor(tensor: TracedTensor) -> Factor:
    """A tensor as a side of a product."""
    return Factor((tensor,), tensor.size)


def contraction_work(operation: TracedOperation) -> Work | None:
    """What an operation costs in one run, if it is a contraction.

    Padding is counted like the picture that it surrounds, as a convolution is usually
    counted: each output takes the whole kernel.
    """
    rule = _RULES.get(operation.name)
    return rule(operation) if rule else None


def _one(macs: int, left: TracedTensor, right: TracedTensor) -> Work:
    return Work((Product(macs, factor(left), factor(right)),))


def _last_axis(operation: TracedOperation) -> Work:
    """Sums over the last axis of the first operand: matmul, dot and inner."""
    if len(operation.operands) < 2 or not all(tensor.shape for tensor in operation.operands):
        return Work((), operation.outputs[0].size)
    left, right = operation.operands
    return _one(operation.outputs[0].size * left.shape[-1], left, right)


def _vdot(operation: TracedOperation) -> Work:
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


def _conv(operation: TracedOperation, outer_axes: int = 1) -> Work:
    """Each output takes a window through the channels of its group.

    A kernel is (*window, channels in a group, channels out), and of a depthwise convolution
    (*window, channels, multiplier), where a window takes one channel.
    """
    inputs, kernel = operation.arguments["inputs"], operation.arguments["kernel"]
    return _one(operation.outputs[0].size * prod(kernel.shape[:-outer_axes]), inputs, kernel)


def _separable_conv(operation: TracedOperation) -> Work:
    """A depthwise convolution, and one of window 1 after it."""
    inputs, depthwise, pointwise = (
        operation.arguments[name] for name in ("inputs", "depthwise_kernel", "pointwise_kernel")
    )
    channels_in, channels_out = pointwise.shape[-2:]
    between = operation.outputs[0].size // channels_out * channels_in
    middle = Factor((inputs, depthwise), between)
    macs = between * prod(depthwise.shape[:-2])
    first = Product(macs, factor(inputs), factor(depthwise))
    return Work((first, Product(between * channels_out, middle, factor(pointwise))))


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
    scores = Product(size * width, factor(query), factor(key))
    values = Product(size * value.shape[3], Factor((query, key), size), factor(value))
    extras = (given.get("bias") is not None) + 3 * (given.get("attn_logits_soft_cap") is not None)
    return Work((scores, values), query.size + size * (PER_INPUT["softmax"] + extras))


def einsum_work(subscripts: str, operands: Sequence[TracedTensor]) -> Work:
    """The multiply-accumulates of an Einstein sum, its operands taken from left to right.

    What occurs in one operand alone is summed first. A product that sums over nothing is no
    contraction: it costs one FLOP an element.
    """
    terms, result = _terms(subscripts, operands)
    sizes: dict[str, int] = {}
    for term, operand in zip(terms, operands, strict=True):
        for index, size in zip(term, operand.shape, strict=True):
            sizes[index] = max(size, sizes.get(index, 1))

    def size_of(indices: set[str]) -> int:
        return prod(sizes[index] for index in indices)

    products: list[Product] = []
    flops = 0
    done, made = set(terms[0]), factor(operands[0])
    for position, operand in enumerate(operands[1:], 1):
        later = set(result).union(*terms[position + 1 :])
        left, right = done & (set(terms[position]) | later), set(terms[position]) & (done | later)
        flops += size_of(done) if left != done else 0
        flops += operand.size if right != set(terms[position]) else 0
        every, summed = left | right, (left & right) - later
        if summed:
            products.append(Product(size_of(every), made, factor(operand)))
        else:
            flops += size_of(every)
        done = every - summed
        made = Factor((*made.tensors, operand), size_of(done))
    if done - set(result):
        flops += size_of(done)
    return Work(tuple(products), flops)


def _terms(subscripts: str, operands: Sequence[TracedTensor]) -> tuple[list[str], str]:
    """The indices of each operand and of the result, with letters for dots."""
    given, _, result = subscripts.replace(" ", "").partition("->")
    terms = given.split(",")
    letters = [letter for letter in ascii_letters if letter not in subscripts]
    ranks = [
        len(operand.shape) - len(term.replace("...", "")) if "..." in term else 0
        for term, operand in zip(terms, operands, strict=True)
    ]
    dots = "".join(letters[: max(ranks)])
    # The dots of an operand with fewer axes stand for the last ones, as in broadcasting.
    terms = [
        term.replace("...", dots[len(dots) - rank :])
        for term, rank in zip(terms, ranks, strict=True)
    ]
    if "->" not in subscripts:
        every = "".join(terms)
        once = sorted(index for index in set(every) - set(dots) if every.count(index) == 1)
        return terms, dots + "".join(once)
    return terms, result.replace("...", dots)


_RULES: dict[str, Callable[[TracedOperation], Work]] = {
    "matmul": _last_axis,
    "dot": _last_axis,
    "inner": _last_axis,
    "vdot": _vdot,
    "tensordot": _tensordot,
    "einsum": lambda one: einsum_work(one.arguments["subscripts"], one.operands),
    "conv": _conv,
    "depthwise_conv": partial(_conv, outer_axes=2),
    "separable_conv": _separable_conv,
    "conv_transpose": _conv_transpose,
    "dot_product_attention": _attention,
}
