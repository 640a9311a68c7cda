"""Products of bfloat16 by the instructions that a processor has for them, on JAX.

XLA for processors multiplies two matrices of bfloat16 by way of float32, unless the result is to
be float32: then it calls a library, which takes half as long or less (see "Products of matrices" in
`docs/benchmarks.md`). JAX asks for a result in bfloat16. What is computed is the same but for
rounding: sums are in float32 either way.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple

from kerastune.backends.bfloat16 import processor_has_bfloat16
from kerastune.backends.choice import select

_LEAST = 16  # Below it no axis is worth to bring matrices in order.


def bfloat16_products() -> AbstractContextManager[None]:
    """Lets JAX compile products of bfloat16 for a processor's own instructions in a `with` block.

    It does on a processor that has some, for products of two arrays on one device. Elsewhere, and
    on other backends, nothing changes.

    Returns:
        A context manager.

    Example:

    >>> import keras
    >>> ones = keras.ops.ones((32, 32), "bfloat16")
    >>> with bfloat16_products():
    ...     float(keras.ops.max(ones @ ones))
    32.0
    """
    return own_rule() if select() == "jax" and processor_has_bfloat16() else nullcontext()


@contextmanager
def own_rule() -> Iterator[None]:
    """Lets JAX compile products of bfloat16 for processors as here, whatever these have.

    Yields:
        None.
    """
    import jax
    from jax.interpreters import mlir

    primitive = jax.lax.dot_general_p
    usual = mlir._platform_specific_lowerings["cpu"][primitive].rule
    mlir.register_lowering(primitive, _rule(usual), platform="cpu")
    try:
        yield
    finally:
        mlir.register_lowering(primitive, usual, platform="cpu")


def _rule(usual: Any) -> Any:
    """How JAX's product of any two arrays is lowered, given how it usually is."""
    from jax.interpreters import mlir

    def lowered(context: Any, left: Any, right: Any, **settings: Any) -> Any:
        given, (made,) = context.avals_in, context.avals_out
        is_taken = (
            {one.dtype.name for one in (*given, made)} == {"bfloat16"}
            and all(isinstance(size, int) for one in given for size in one.shape)
            and getattr(context.module_context.axis_context, "num_devices", None) == 1
        )
        axes = _axes(given[0].ndim, given[1].ndim, settings["dimension_numbers"])
        if not is_taken or min(_sizes(given[0], given[1], axes)) < _LEAST:
            return usual(context, left, right, **settings)

        def product(left: Any, right: Any) -> Any:
            return _product(left, right, axes)

        return mlir.lower_fun(product, multiple_results=False)(context, left, right)

    return lowered


class _Axes(NamedTuple):
    """The axes of one array by what a product does with them."""

    stacked: Sequence[int]  # Common to both arrays and the result.
    free: Sequence[int]
    summed: Sequence[int]


def _product(left: Any, right: Any, axes: tuple[_Axes, _Axes]) -> Any:
    """Product of two arrays by way of two stacks of matrices, summed in float32.

    XLA goes by way of float32 where it finds a transposition right before the product, and cannot
    run one that it has joined with a transposition later ("Unsupported element type for DotThunk",
    jax 0.10.2). A stack, be it of one matrix, keeps it from the former, and barriers from the
    latter.
    """
    from jax import lax

    of_left, of_right = axes
    # As it lies in memory, so that a kernel is copied neither for outputs nor for gradients.
    is_turned = bool(of_right.free) and of_right.free[0] < of_right.summed[0]
    rows, columns = of_right.summed, of_right.free
    if is_turned:
        rows, columns = columns, rows
    first = _matrices(left, *of_left)
    second = _matrices(right, of_right.stacked, rows, columns)
    made = lax.dot_general(
        first,
        second,
        (((2,), (2 if is_turned else 1,)), ((0,), (0,))),
        preferred_element_type="float32",
    )
    shape = (
        *(left.shape[axis] for axis in (*of_left.stacked, *of_left.free)),
        *(right.shape[axis] for axis in of_right.free),
    )
    return lax.optimization_barrier(made.reshape(shape)).astype(left.dtype)


def _matrices(array: Any, stacked: Sequence[int], *inner: Sequence[int]) -> Any:
    """An array as a stack of matrices, with these axes as their number, rows and columns."""
    from jax import lax

    axes = (stacked, *inner)
    sizes = [_size(array, one) for one in axes]
    ordered = array.transpose([axis for one in axes for axis in one])
    return lax.optimization_barrier(ordered).reshape(sizes)


def _axes(left: int, right: int, numbers: Any) -> tuple[_Axes, _Axes]:
    """What a product does with the axes of two arrays, of which there are so many."""
    made = []
    for count, summed, stacked in zip((left, right), *numbers, strict=True):
        free = [axis for axis in range(count) if axis not in summed and axis not in stacked]
        made.append(_Axes(stacked, free, summed))
    return made[0], made[1]


def _sizes(left: Any, right: Any, axes: tuple[_Axes, _Axes]) -> tuple[int, int, int]:
    """How many rows, numbers in a sum, and columns the matrices of a product have."""
    of_left, of_right = axes
    return _size(left, of_left.free), _size(left, of_left.summed), _size(right, of_right.free)


def _size(array: Any, axes: Sequence[int]) -> int:
    """How many numbers there are along some axes of an array."""
    return math.prod(array.shape[axis] for axis in axes)
