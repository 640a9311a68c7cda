"""What a trace is made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

# Names of what is in a record and is no function of Keras: how a tensor came about that no
# function of Keras made, what a loop hands to its body, and what has a gradient of its own.
HIDDEN = "hidden"
LOOP_STEP = "loop_step"
CUSTOM_GRADIENT = "custom_gradient"


@dataclass(frozen=True)
class TracedTensor:
    """A tensor of a trace.

    Args:
        key: int, the same for the same tensor, another for every other.
        shape: tuple of int.
        dtype: str, such as `"float32"`.
        is_weight: bool, whether it is a weight of the model.
        trainable: bool, whether it is a weight that trains.

    Example:

    >>> TracedTensor(1, (2, 3), "bfloat16").size
    6
    """

    key: int
    shape: tuple[int, ...]
    dtype: str
    is_weight: bool = False
    trainable: bool = False

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)

    @property
    def is_float(self) -> bool:
        """Whether it holds floating-point numbers: only those count and have gradients."""
        return "float" in self.dtype or "complex" in self.dtype


@dataclass(frozen=True)
class TracedOperation:
    """One operation of a trace.

    Args:
        name: str, the name of the function in `keras.ops`.
        arguments: dictionary from the names of its parameters to what it was given, with
            each tensor as a `TracedTensor`.
        outputs: tuple of `TracedTensor`, what it gave.
        layer: str, the path of the layer that called it.
        times: int, how often it runs: once, or once for each step of a loop.
        gradient: tuple of `TracedOperation`, what its backward pass computes, if the model
            says so itself.

    Example:

    >>> x = TracedTensor(1, (2, 3), "float32")
    >>> operation = TracedOperation("multiply", {"x1": x, "x2": 2.0}, (x,), "scale", 1)
    >>> [tensor.shape for tensor in operation.operands]
    [(2, 3)]
    """

    name: str
    arguments: dict[str, Any]
    outputs: tuple[TracedTensor, ...]
    layer: str
    times: int
    gradient: "tuple[TracedOperation, ...]" = ()

    @property
    def operands(self) -> tuple[TracedTensor, ...]:
        """The tensors that it was given."""
        return tuple(tensors_in(self.arguments))


@dataclass(frozen=True)
class TracedLayer:
    """One call of a layer in a trace.

    Args:
        path: str, its name after those of the layers that it is inside of.
        outputs: tuple of `TracedTensor`, what it gave.

    Example:

    >>> TracedLayer("block/dense", ()).path
    'block/dense'
    """

    path: str
    outputs: tuple[TracedTensor, ...]


@dataclass(frozen=True)
class Trace:
    """What one call of a model computes.

    Args:
        operations: tuple of `TracedOperation`, in the order in which they ran.
        layers: tuple of `TracedLayer`, in the order in which their calls ended.
        inputs: tuple of `TracedTensor`, what the model was called on.
        outputs: tuple of `TracedTensor`, what it gave.
        losses: tuple of `TracedTensor`, what its layers added to the loss.

    Example:

    >>> Trace((), (), (), ()).operations
    ()
    """

    operations: tuple[TracedOperation, ...]
    layers: tuple[TracedLayer, ...]
    inputs: tuple[TracedTensor, ...]
    outputs: tuple[TracedTensor, ...]
    losses: tuple[TracedTensor, ...] = ()


def tensors_in(value: Any) -> Iterator[TracedTensor]:
    """The tensors at any depth of lists, tuples and dictionaries."""
    if isinstance(value, TracedTensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors_in(item)
