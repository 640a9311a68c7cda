"""The parts of a contraction: products of two factors."""

from dataclasses import dataclass

from kerastune.backends.tracing import TracedTensor
from kerastune.counting.dtypes import item_bytes


@dataclass(frozen=True)
class Factor:
    """One side of a product.

    Args:
        tensors: tuple of `TracedTensor`: the tensor that it is, or those that it is made
            of, if it exists only inside the operation (such as attention's scores).
        size: int, how many numbers it holds.

    Example:

    >>> scores = Factor((TracedTensor(1, (2, 3), "float32"), TracedTensor(2, (2, 3), "float32")), 4)
    >>> scores.inner_bytes
    16
    """

    tensors: tuple[TracedTensor, ...]
    size: int

    @property
    def inner_bytes(self) -> int:
        """The memory of a factor that exists only inside the operation; else 0."""
        inner = len(self.tensors) > 1
        return self.size * item_bytes(self.tensors[0].dtype) if inner else 0


@dataclass(frozen=True)
class Product:
    """Two factors that are multiplied, and products that are added up.

    Args:
        macs: int, multiply-accumulates of one run.
        left: the first `Factor`.
        right: the second `Factor`.

    Example:

    >>> side = Factor((TracedTensor(1, (3, 3), "float32"),), 9)
    >>> Product(27, side, side).macs
    27
    """

    macs: int
    left: Factor
    right: Factor


@dataclass(frozen=True)
class Work:
    """What a contraction costs in one run.

    Args:
        products: tuple of `Product`.
        flops: int, what it costs besides, such as the softmax inside of attention.

    Example:

    >>> Work(()).flops
    0
    """

    products: tuple[Product, ...]
    flops: int = 0


def factor(tensor: TracedTensor) -> Factor:
    """A tensor as a side of a product."""
    return Factor((tensor,), tensor.size)
