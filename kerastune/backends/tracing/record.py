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
    """A tensor of a trace, with another key than every other."""

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
    """One operation of a trace: a function of `keras.ops`, and what it was given and gave.

    It runs `times` over, as in a loop. `gradient` is what its backward pass computes, if the
    model says so itself.
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
class Trace:
    """What one call of a model computes, in the order in which it ran."""

    operations: tuple[TracedOperation, ...]
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
